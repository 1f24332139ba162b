"""What a backtest came to: fills, orders, days, trades. Frozen values; money as prices were."""

from dataclasses import dataclass

import numpy as np

from backtest_engine.arrays import Flags, Floats, Ints

OUTCOMES = ("filled", "expired", "cancelled", "open")


@dataclass(frozen=True)
class Fills:
    """In the order they happened; copies below 0 are sold. `line` is that of the rule's IFs."""

    day: Ints
    instrument: Ints
    copies: Floats
    price: Floats
    fee: Floats
    decided: Ints
    line: Ints
    quoted: Flags


@dataclass(frozen=True)
class Orders:
    """In the order they ended. `side` 1 buys, -1 sells; `outcome` is a place in OUTCOMES."""

    decided: Ints
    ended: Ints
    instrument: Ints
    side: Ints
    line: Ints
    wanted: Floats
    filled: Floats
    outcome: Ints


@dataclass(frozen=True)
class Days:
    """The book at the end of each day; `stale` is the part of `value` with an old mark."""

    cash: Floats
    value: Floats
    stale: Floats
    positions: Floats
    fees: Floats

    @property
    def equity(self) -> Floats:
        """Cash and what is held at the last close."""
        return self.cash + self.value


@dataclass(frozen=True)
class Result:
    """Days count from `first_day` (since 1970), which is the first a decision was made on.

    `held` and `last_close` are by instrument at the end.
    """

    first_day: int
    capital: float
    sell_fee: float
    fills: Fills
    orders: Orders
    days: Days
    held: Floats
    last_close: Floats

    @property
    def liquidated(self) -> float:
        """Final equity if all that is held were sold at its last close, fees paid."""
        held = self.held > 0
        worth = float(np.sum(self.held[held] * self.last_close[held]))
        return float(self.days.cash[-1]) + worth * (1.0 - self.sell_fee)


def fills_of(rows: Floats) -> Fills:
    """From the columns that the walk writes."""
    whole = rows.astype(np.int64)
    return Fills(
        day=whole[:, 0],
        instrument=whole[:, 1],
        copies=rows[:, 2],
        price=rows[:, 3],
        fee=rows[:, 4],
        decided=whole[:, 5],
        line=whole[:, 6],
        quoted=rows[:, 7] > 0,
    )


def orders_of(rows: Floats) -> Orders:
    """From the columns that the walk writes."""
    whole = rows.astype(np.int64)
    return Orders(
        decided=whole[:, 0],
        ended=whole[:, 1],
        instrument=whole[:, 2],
        side=whole[:, 3],
        line=whole[:, 4],
        wanted=rows[:, 5],
        filled=rows[:, 6],
        outcome=whole[:, 7],
    )
