"""What following the BUYs of past weeks had earned, beside holding every card of the same weeks.

Each week buys at the next sale, is valued every week at the last price, and sells at the horizon. A
book has as many parts as weeks are open at once, so that each part is free again when its turn
comes; its value is the mean of them.
"""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.costs import Costs

YEAR_DAYS = 365.25
UNCHARGED = Costs(buy=0.0, sell=0.0, slippage=0.0)


@dataclass(frozen=True)
class Book:
    """Yearly Sharpe ratio without a riskless rate, the largest fall from a high, the growth."""

    sharpe: float
    drawdown: float
    growth: float


@dataclass(frozen=True)
class Books:
    """Of the BUYs with the fees of both sides, and of every card without any: who holds pays once.

    `trades` are the BUYs; in a week without any the part of that week stays in cash.
    """

    signals: Book
    held: Book
    trades: int
    weeks: int


@dataclass(frozen=True)
class Offered:
    """Rows that could be bought on as-of days. All log returns are from the close of the day.

    `entries` are to the next sale, `marks` (rows, steps) to the last sale by each step of
    `step_days` after the day, the last one to the horizon; NaN until there was a sale.
    """

    days: Ints
    entries: Floats
    marks: Floats
    step_days: int


def books_of(offered: Offered, buys: Flags, costs: Costs) -> Books | None:
    """None of fewer than two weeks."""
    weeks = np.unique(offered.days)
    if len(weeks) < 2:
        return None
    bought = _growth(offered, costs)[buys]
    return Books(
        signals=_book(weeks, _means(weeks, offered.days[buys], bought), offered.step_days),
        held=_book(
            weeks, _means(weeks, offered.days, _growth(offered, UNCHARGED)), offered.step_days
        ),
        trades=int(buys.sum()),
        weeks=len(weeks),
    )


def _growth(offered: Offered, costs: Costs) -> Floats:
    """What one put into each row is worth at each step: cash until the next sale, then the last
    price, what the sale leaves at the end.
    """
    moved = np.exp(offered.marks - offered.entries[:, None]) / costs.paid
    worth = np.where(np.isnan(offered.marks), 1.0, moved)
    worth[:, -1] *= costs.kept
    return worth


def _means(weeks: Ints, days: Ints, worth: Floats) -> Floats:
    """(weeks, steps), of each week's rows; 1 where it has none."""
    place = np.searchsorted(weeks, days)
    sums = np.zeros((len(weeks), worth.shape[1]))
    np.add.at(sums, place, worth)
    counts = np.bincount(place, minlength=len(weeks))[:, None]
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)


def _book(weeks: Ints, growth: Floats, step: int) -> Book:
    steps = growth.shape[1]
    first = (weeks - weeks[0]) // step
    over = np.searchsorted(first, first - steps, side="right")  # weeks that have sold by then
    parts = int((np.arange(len(weeks)) + 1 - over).max())
    worth = np.ones((parts, int(first[-1]) + steps + 1))
    for rank, (begin, path) in enumerate(zip(first, growth, strict=True)):
        part = worth[rank % parts]
        part[begin + 1 : begin + 1 + steps] = part[begin] * path
        part[begin + 1 + steps :] = part[begin + steps]
    path = worth.mean(axis=0)
    moves = path[1:] / path[:-1] - 1.0
    spread = float(moves.std())
    return Book(
        sharpe=float(moves.mean()) / spread * float(np.sqrt(YEAR_DAYS / step)) if spread else 0.0,
        drawdown=float((1.0 - path / np.maximum.accumulate(path)).max()),
        growth=float(path[-1] - 1.0),
    )
