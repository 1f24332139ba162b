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


@dataclass(frozen=True)
class Book:
    """Yearly Sharpe ratio without a riskless rate, the largest fall from a high, the growth."""

    sharpe: float
    drawdown: float
    growth: float


@dataclass(frozen=True)
class Books:
    """Of the BUYs, each with the fees of both sides, and of every card: who holds pays once.

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
    book = _Parts(weeks, offered.marks.shape[1], offered.step_days)
    rank = np.searchsorted(weeks, offered.days)
    always = np.ones(len(rank))
    bought = _worth(offered, costs.paid * always, costs.kept * always)
    held = _worth(
        offered,
        np.where(rank < book.parts, costs.paid, 1.0),
        np.where(rank >= len(weeks) - book.parts, costs.kept, 1.0),
    )
    return Books(
        signals=book.of(_means(len(weeks), rank[buys], bought[buys])),
        held=book.of(_means(len(weeks), rank, held)),
        trades=int(buys.sum()),
        weeks=len(weeks),
    )


def _worth(offered: Offered, paid: Floats, kept: Floats) -> Floats:
    """What one put into each row is worth at each step: cash until the next sale, then the last
    price, what the sale leaves at the end. `paid` and `kept` are of each row, by the price.
    """
    moved = np.exp(offered.marks - offered.entries[:, None]) / paid[:, None]
    worth = np.where(np.isnan(offered.marks), 1.0, moved)
    worth[:, -1] *= kept
    return worth


def _means(weeks: int, rank: Ints, worth: Floats) -> Floats:
    """(weeks, steps), of each week's rows; 1 where it has none."""
    sums = np.zeros((weeks, worth.shape[1]))
    np.add.at(sums, rank, worth)
    counts = np.bincount(rank, minlength=weeks)[:, None]
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)


class _Parts:
    """Which part of a book buys in which week."""

    def __init__(self, weeks: Ints, steps: int, step_days: int) -> None:
        self._begins = (weeks - weeks[0]) // step_days
        self._steps, self._step_days = steps, step_days
        sold = np.searchsorted(self._begins, self._begins - steps, side="right")
        self.parts = int((np.arange(len(weeks)) + 1 - sold).max())

    def of(self, worth: Floats) -> Book:
        """The book in which each week is worth so much at each step."""
        parts = np.ones((self.parts, int(self._begins[-1]) + self._steps + 1))
        for rank, (begin, path) in enumerate(zip(self._begins, worth, strict=True)):
            part, end = parts[rank % self.parts], begin + self._steps
            part[begin + 1 : end + 1] = part[begin] * path
            part[end + 1 :] = part[end]
        value = parts.mean(axis=0)
        moves = value[1:] / value[:-1] - 1.0
        spread = float(moves.std())
        yearly = float(np.sqrt(YEAR_DAYS / self._step_days))
        return Book(
            sharpe=float(moves.mean()) / spread * yearly if spread else 0.0,
            drawdown=float((1.0 - value / np.maximum.accumulate(value)).max()),
            growth=float(value[-1] - 1.0),
        )
