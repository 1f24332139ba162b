"""Log returns between neighbouring bars of one series, each with the days it spans and its age."""

from dataclasses import dataclass

import numpy as np

from kernel.days import DAYS_PER_YEAR
from signals_svc.domain.arrays import Flags, Floats, Ints, divided, per_owner
from signals_svc.domain.series import MAX_GAP_DAYS, STRIDE, YEAR_DAYS, Series

MIN_RETURNS = 8
EWMA_HALF_LIFE_DAYS = 90.0
# Weights by age in days. A table, so that a day's weight never depends on its neighbours.
WEIGHT: Floats = 2.0 ** (-np.arange(YEAR_DAYS) / EWMA_HALF_LIFE_DAYS)


@dataclass(frozen=True)
class Returns:
    """Columns sorted by (owner, end day); only returns that end in the trailing year.

    `dollars` is the turnover of the bar a return ends with, 0 where nothing was sold.
    """

    owners: int
    owner: Ints
    log_return: Floats
    gap: Floats
    age: Ints
    dollars: Floats

    @property
    def weight(self) -> Floats:
        """1 for a return that ends on the as-of day, half of it a half-life earlier."""
        return WEIGHT[self.age]

    def total(self, values: Floats, within: Flags) -> Floats:
        """Sum of the values per owner over the returns chosen."""
        return per_owner(self.owner[within], values[within], self.owners)

    def younger(self, days: int) -> Flags:
        """The returns that end in the last `days` days."""
        return self.age < days

    def count(self, within: Flags) -> Ints:
        """Returns chosen, per owner."""
        return np.bincount(self.owner[within], minlength=self.owners)


def returns_of(series: Series) -> Returns:
    """Neighbours more than MAX_GAP_DAYS apart make no return: the series starts anew there."""
    gap = np.diff(series.day)
    age = series.as_of_day - series.day[1:]
    same = series.owner[1:] == series.owner[:-1]
    kept = np.flatnonzero(same & (gap <= MAX_GAP_DAYS) & (age < YEAR_DAYS))
    end = kept + 1
    return Returns(
        owners=series.owners,
        owner=series.owner[end],
        log_return=series.log_cents[end] - series.log_cents[kept],
        gap=gap[kept].astype(np.float64),
        age=age[kept],
        dollars=series.cents[end] * series.volume[end] / 100.0,
    )


def wide_returns_of(series: Series, days: int) -> Returns:
    """Overlapping returns: each bar of the trailing year over the last bar at least `days` older.

    The other bar may be at most MAX_GAP_DAYS older. Noise of single prints hardly shows in them.
    """
    keys = series.owner * STRIDE + series.day
    base = np.searchsorted(keys, keys - days, side="right") - 1
    held = np.maximum(base, 0)
    age = series.as_of_day - series.day
    gap = series.day - series.day[held]
    inside = (base >= series.start[series.owner]) & (gap <= MAX_GAP_DAYS)
    end = np.flatnonzero(inside & (age < YEAR_DAYS))
    return Returns(
        owners=series.owners,
        owner=series.owner[end],
        log_return=series.log_cents[end] - series.log_cents[base[end]],
        gap=gap[end].astype(np.float64),
        age=age[end],
        dollars=np.zeros(len(end)),
    )


def volatility(returns: Returns, days: int) -> Floats:
    """Annualised sqrt(sum r^2 / sum gap) over the last days; missing below MIN_RETURNS."""
    within = returns.younger(days)
    return _annual(returns, returns.log_return**2, within)


def downside(returns: Returns, days: int) -> Floats:
    """As volatility, of the falls alone: a rise counts as a return of 0 over its gap."""
    within = returns.younger(days)
    return _annual(returns, np.minimum(returns.log_return, 0.0) ** 2, within)


def ewma_volatility(returns: Returns) -> Floats:
    """Annualised; each squared return over its gap, weighted by age, the trailing year only."""
    every = returns.younger(YEAR_DAYS)
    top = returns.total(returns.weight * returns.log_return**2 / returns.gap, every)
    bottom = returns.total(returns.weight, every)
    enough = returns.count(every) >= MIN_RETURNS
    return np.sqrt(DAYS_PER_YEAR * divided(top, bottom, where=enough))


def impact(returns: Returns, days: int) -> Floats:
    """Mean |log return| per $1,000 sold (Amihud) over the last days with sales."""
    within = returns.younger(days) & (returns.dollars > 0)
    thousands = np.where(returns.dollars > 0, returns.dollars / 1000.0, 1.0)
    count = returns.count(within)
    top = returns.total(np.abs(returns.log_return) / thousands, within)
    return divided(top, count.astype(np.float64), where=count >= MIN_RETURNS)


def _annual(returns: Returns, squares: Floats, within: Flags) -> Floats:
    top = returns.total(squares, within)
    bottom = returns.total(returns.gap, within)
    enough = returns.count(within) >= MIN_RETURNS
    return np.sqrt(DAYS_PER_YEAR * divided(top, bottom, where=enough))
