"""What a backtest is run on: daily bars as they became known, and names of the instruments."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from backtest_engine.arrays import Flags, Floats, Ints
from kernel.errors import Rejected

STALE_DAYS = 45  # a close older than this says nothing of today's price
SIGNAL_WORDS = ("signal", "conviction", "expected_return", "risk", "utility")
ACTIONS = {"BUY": 1.0, "HOLD": 0.0, "SELL": -1.0}


class MarketMisshapen(Rejected):
    """Arrays that are no market; `column` says which."""

    def __init__(self, column: str, why: str) -> None:
        self.column = column
        super().__init__(f"{column}: {why}")


@dataclass(frozen=True)
class Market:
    """Arrays of shape (instruments, days); column t is the day `first_day` + t since 1970-01-01.

    A bar stands in the column of the day at whose end it was known; `happened` is the day (since
    1970) it is of, which is what an order waits for. Where no bar became known all prices are NaN
    and the volume is 0. `quotes` are the instruments whose series is of quotes. Prices are in any
    one currency. `signals` may hold columns of SIGNAL_WORDS; of `signal`, values of ACTIONS.
    """

    first_day: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    happened: Ints
    quotes: Flags
    cards: tuple[str, ...]
    sets: tuple[str, ...]
    grades: tuple[str, ...]
    signals: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.close.ndim != 2:
            raise MarketMisshapen("close", "is of two dimensions, instruments and days")
        shape = self.close.shape
        for name in ("open", "high", "low", "volume", "happened"):
            if getattr(self, name).shape != shape:
                raise MarketMisshapen(name, f"is of shape {getattr(self, name).shape}, not {shape}")
        for name, column in self.signals.items():
            if name not in SIGNAL_WORDS or column.shape != shape:
                raise MarketMisshapen(f"signals[{name}]", f"is none, or not of shape {shape}")
        for name in ("quotes", "cards", "sets", "grades"):
            if len(getattr(self, name)) != shape[0]:
                raise MarketMisshapen(name, f"has {len(getattr(self, name))} of {shape[0]}")
        present = ~np.isnan(self.close)
        for name in ("open", "high", "low", "close"):
            column = getattr(self, name)
            if not (np.isnan(column) == ~present).all() or not (column[present] > 0).all():
                raise MarketMisshapen(name, "has a price on some day alone, or none above 0")
        if not (self.volume >= 0).all():
            raise MarketMisshapen("volume", "is below 0 somewhere")

    @property
    def instruments(self) -> int:
        """How many."""
        return int(self.close.shape[0])

    @property
    def days(self) -> int:
        """How many."""
        return int(self.close.shape[1])


def part_of(market: Market, first: int, last: int) -> Market:
    """The instruments from `first` to before `last`."""
    rows = slice(first, last)
    return Market(
        first_day=market.first_day,
        open=market.open[rows],
        high=market.high[rows],
        low=market.low[rows],
        close=market.close[rows],
        volume=market.volume[rows],
        happened=market.happened[rows],
        quotes=market.quotes[rows],
        cards=market.cards[rows],
        sets=market.sets[rows],
        grades=market.grades[rows],
        signals={name: column[rows] for name, column in market.signals.items()},
    )
