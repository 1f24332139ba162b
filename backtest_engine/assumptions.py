"""How orders are filled and paid, and with how much money: what a result depends on."""

from dataclasses import dataclass
from typing import Literal

from kernel.errors import Rejected


class AssumptionsRejected(Rejected):
    """A figure that cannot be; `name` says which."""

    def __init__(self, name: str, value: object, wanted: str) -> None:
        self.name = name
        super().__init__(f"{name} is {value}; it must be {wanted}")


@dataclass(frozen=True)
class Assumptions:
    """Fees, slippage and participation are fractions. None switches a limit off.

    `capital` is that of the pool, or of each instrument in the book `per_instrument`.
    """

    capital: float
    book: Literal["pooled", "per_instrument"] = "pooled"
    buy_fee: float = 0.05
    sell_fee: float = 0.10
    slippage: float = 0.0
    participation: float | None = 1.0
    max_wait_days: int | None = 30
    lot: Literal["whole", "fractional"] = "whole"
    fill_at: Literal["open", "close", "mid"] = "open"
    fill_on_quotes: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.capital < float("inf"):
            raise AssumptionsRejected("capital", self.capital, "above 0")
        for name in ("buy_fee", "sell_fee", "slippage"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise AssumptionsRejected(name, value, "a fraction from 0 to below 1, as 0.05")
        if self.participation is not None and not 0 < self.participation <= 1:
            raise AssumptionsRejected("participation", self.participation, "above 0, at most 1")
        if self.max_wait_days is not None and self.max_wait_days < 1:
            raise AssumptionsRejected("max_wait_days", self.max_wait_days, "at least 1")
