"""What a round trip costs, and the log return that earns it back."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Fractions of the price: the fee of buying, the fee of selling, slippage on either side."""

    buy: float = 0.05
    sell: float = 0.10
    slippage: float = 0.0

    @property
    def paid(self) -> float:
        """What a copy costs, by its price."""
        return (1 + self.buy) * (1 + self.slippage)

    @property
    def kept(self) -> float:
        """What a sale leaves, by its price."""
        return (1 - self.sell) * (1 - self.slippage)

    @property
    def break_even(self) -> float:
        """Above this log return a copy bought today and sold then has earned: +0.154 by default."""
        return math.log(self.paid / self.kept)
