"""Rows that were decided on days and cards, drawn again and again: how sure a figure of them is.

Rows of one day share a market, and neighbouring days share their outcomes, so whole blocks of days
are drawn, as long as the horizon. Of fewer than three such blocks every draw is nearly the same;
cards are drawn then, and the interval says so: it tells nothing of other times.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints

DRAWS = 2_000
SEED = 20240229
LEVEL = 0.95
LEAST_BLOCKS = 3
LEAST_CARDS = 30

Over = Literal["weeks", "cards"]


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its 95 % interval; None where neither weeks nor cards suffice."""

    value: float
    low: float | None
    high: float | None
    over: Over | None = "weeks"

    def above(self, bound: float) -> bool:
        """Whether all of it is; what cannot be told is not."""
        return self.low is not None and self.low > bound

    def told(self, form: str) -> str:
        """For people, each number in this form: `0.45 (0.42 to 0.49, over cards)`."""
        if self.low is None or self.high is None:
            return f"{self.value:{form}} (no interval)"
        by = ", over cards" if self.over == "cards" else ""
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}}{by})"


@dataclass(frozen=True)
class Decisions:
    """One row a card and day: `days` since 1970, `slots` number the cards (and grades)."""

    days: Ints
    slots: Ints
    horizon_days: int

    def of(self, rows: Ints | Flags) -> "Decisions":
        """Some of the rows, in that order."""
        return Decisions(self.days[rows], self.slots[rows], self.horizon_days)

    def ratio(self, above: Floats, below: Floats) -> Interval:
        """Sum of one by the sum of the other, of all rows."""
        value = float(above.sum() / below.sum())
        if self.over is None:
            return Interval(value, None, None, None)
        sums = (np.bincount(self._unit, weights=column) for column in (above, below))
        tops, bottoms = (self._weights @ column for column in sums)
        return self._interval(value, tops / bottoms)

    def mean_of_days(self, each: Floats, by_card: "Correlations") -> Interval:
        """Mean of a figure of each day; what it is among drawn cards tells `by_card`."""
        value = float(np.nanmean(each))
        if self.over is None:
            return Interval(value, None, None, None)
        if self.over == "cards":
            return self._interval(value, by_card.means(self._weights, self._unit))
        some = np.isfinite(each)
        tops = self._weights @ np.where(some, each, 0.0)
        with np.errstate(invalid="ignore"):
            return self._interval(value, tops / (self._weights @ some))

    @cached_property
    def over(self) -> Over | None:
        """What is drawn."""
        if len(self._distinct) // self._block >= LEAST_BLOCKS:
            return "weeks"
        return "cards" if len(np.unique(self.slots)) >= LEAST_CARDS else None

    @cached_property
    def _distinct(self) -> Ints:
        return np.unique(self.days)

    @cached_property
    def _block(self) -> int:
        """Days of decision in a horizon."""
        gaps = np.diff(self._distinct)
        step = int(np.median(gaps)) if len(gaps) else self.horizon_days
        return max(1, -(-self.horizon_days // max(step, 1)))

    @cached_property
    def _unit(self) -> Ints:
        """Which day or card each row is of."""
        units = self.days if self.over == "weeks" else self.slots
        return np.unique(units, return_inverse=True)[1].reshape(-1)

    @cached_property
    def _weights(self) -> Floats:
        """[DRAWS, units]: how often each is in a draw; blocks of days are neighbours, going round.

        A draw of a block that is cut at the end holds as many days as there are.
        """
        count = int(self._unit.max()) + 1
        block = self._block if self.over == "weeks" else 1
        random = np.random.default_rng(SEED)
        starts = random.integers(0, count, (DRAWS, -(-count // block)))
        places = ((starts[:, :, None] + np.arange(block)) % count).reshape(DRAWS, -1)[:, :count]
        drawn = np.repeat(np.arange(DRAWS), count) * count + places.reshape(-1)
        return np.bincount(drawn, minlength=DRAWS * count).reshape(DRAWS, count).astype(np.float64)

    def _interval(self, value: float, draws: Floats) -> Interval:
        low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Interval(value, float(low), float(high), self.over)


@dataclass(frozen=True)
class Correlations:
    """Two columns of each day's rows, to be correlated day by day."""

    one: Floats
    two: Floats
    days: tuple[Ints, ...]  # places of the rows of each day that has enough

    def means(self, weights: Floats, unit: Ints) -> Floats:
        """Of each draw of cards the mean over the days."""
        totals, count = np.zeros(len(weights)), np.zeros(len(weights))
        for rows in self.days:
            found = _weighted(self.one[rows], self.two[rows], weights[:, unit[rows]])
            some = np.isfinite(found)
            totals += np.where(some, found, 0.0)
            count += some
        with np.errstate(invalid="ignore"):
            return totals / count


def _weighted(one: Floats, two: Floats, weights: Floats) -> Floats:
    """Correlation of each draw; NaN where a column does not vary in it."""
    one, two = one - one.mean(), two - two.mean()
    columns = np.stack([np.ones(len(one)), one, two, one * one, two * two, one * two], axis=1)
    total, x, y, xx, yy, xy = (weights @ columns).T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt((xx / total - (x / total) ** 2) * (yy / total - (y / total) ** 2))
        return np.asarray((xy / total - x * y / total**2) / spread)
