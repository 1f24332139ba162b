"""What following the BUYs of past weeks had earned, beside holding every card of the same weeks.

Each week buys at the next sale and sells at the horizon. A book has as many parts as weeks fit
into a horizon, so that each is free again when its turn comes; its value is the mean of them.
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
    """Of the BUYs with the fees of both sides, and of every card without any: who holds pays once.

    `trades` are the BUYs; in a week without any the part of that week stays in cash.
    """

    signals: Book
    held: Book
    trades: int
    weeks: int


def books_of(
    days: Ints, buys: Flags, earned: Floats, *, horizon_days: int, costs: Costs
) -> Books | None:
    """`earned` are log returns from the next sale to the horizon; None of fewer than two weeks."""
    weeks = np.unique(days)
    if len(weeks) < 2:
        return None
    step = int(np.median(np.diff(weeks)))
    parts = max(1, -(-horizon_days // step))
    gross = np.expm1(earned)
    net = np.expm1(earned - costs.break_even)
    return Books(
        signals=_book(_means(weeks, days[buys], net[buys]), parts, step),
        held=_book(_means(weeks, days, gross), parts, step),
        trades=int(buys.sum()),
        weeks=len(weeks),
    )


def _means(weeks: Ints, days: Ints, returns: Floats) -> Floats:
    """Mean return of each week's rows; 0 where it has none."""
    place = np.searchsorted(weeks, days)
    sums = np.bincount(place, weights=returns, minlength=len(weeks))
    counts = np.bincount(place, minlength=len(weeks))
    return np.asarray(sums / np.maximum(counts, 1))


def _book(returns: Floats, parts: int, step: int) -> Book:
    worth = np.ones(parts)
    values = [1.0]
    for week, earned in enumerate(returns):
        worth[week % parts] *= 1.0 + earned
        values.append(float(worth.mean()))
    path = np.array(values)
    moves = path[1:] / path[:-1] - 1.0
    spread = float(moves.std())
    return Book(
        sharpe=float(moves.mean()) / spread * float(np.sqrt(YEAR_DAYS / step)) if spread else 0.0,
        drawdown=float((1.0 - path / np.maximum.accumulate(path)).max()),
        growth=float(path[-1] - 1.0),
    )
