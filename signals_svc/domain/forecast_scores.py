"""How good quantile forecasts were: pinball loss, coverage, rank IC, and how sure that is.

Rows of one day share a market and neighbouring days share their outcomes, so intervals come from
drawing whole blocks of days, as long as the horizon.
"""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.forecast_model import QUANTILES

DRAWS = 2_000
SEED = 20240229
LEVEL = 0.95
FEWEST_A_DAY = 10  # instruments, below which a day's ranks say nothing


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def pinball(quantiles: Floats, outcomes: Floats) -> Floats:
    """Mean over the quantiles [n, 3] of each row's pinball loss, in log return."""
    error = outcomes[:, None] - quantiles
    share = np.array(QUANTILES)
    return np.asarray(np.maximum(share * error, (share - 1.0) * error).mean(axis=1))


def coverage(quantiles: Floats, outcomes: Floats) -> float:
    """Share of outcomes within the outer quantiles."""
    return float(((outcomes >= quantiles[:, 0]) & (outcomes <= quantiles[:, 2])).mean())


def skill(days: Ints, loss: Floats, reference: Floats, *, horizon_days: int) -> Interval:
    """1 - loss / reference, of all rows; an interval above 0 is better than luck."""
    ours, theirs = _by_day(days, loss), _by_day(days, reference)
    drawn = _drawn(days, horizon_days)
    ratios = 1.0 - ours[drawn].sum(axis=1) / theirs[drawn].sum(axis=1)
    return _interval(float(1.0 - ours.sum() / theirs.sum()), ratios)


def mean_of(days: Ints, values: Floats, *, horizon_days: int) -> Interval:
    """Mean of all rows."""
    sums, counts = _by_day(days, values), _by_day(days, np.ones(len(values)))
    drawn = _drawn(days, horizon_days)
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return _interval(float(values.mean()), means)


def rank_ic(days: Ints, forecast: Floats, outcomes: Floats, *, horizon_days: int) -> Interval:
    """Mean over the days of Spearman's correlation across the instruments of a day."""
    each = np.array([_correlation(forecast, outcomes, days == day) for day in np.unique(days)])
    means = np.nanmean(each[_drawn(days, horizon_days)], axis=1)
    return _interval(float(np.nanmean(each)), means)


def bought_ic(
    days: Ints, forecast: Floats, outcomes: Floats, entries: Floats, *, horizon_days: int
) -> Interval | None:
    """Rank IC against what a buyer at the next sale earns; None where that was no sale before the
    outcome, or of too few instruments a day.

    `entries` are log returns to the next sale. A print that lies off its level comes back with it:
    that is in `outcomes`, and nobody earns it.
    """
    rows = before_the_outcome(outcomes, entries)
    _, counts = np.unique(days[rows], return_counts=True)
    if not rows.any() or counts.max() < FEWEST_A_DAY:
        return None
    earned = (outcomes - entries)[rows]
    return rank_ic(days[rows], forecast[rows], earned, horizon_days=horizon_days)


def before_the_outcome(outcomes: Floats, entries: Floats) -> Flags:
    """Rows whose next sale was another than the one the outcome is read from."""
    return np.asarray(np.isfinite(entries) & np.isfinite(outcomes) & (entries != outcomes))


def _correlation(forecast: Floats, outcomes: Floats, rows: np.ndarray) -> float:
    one, two = forecast[rows], outcomes[rows]
    if len(one) < FEWEST_A_DAY or np.ptp(one) == 0 or np.ptp(two) == 0:
        return np.nan if len(one) < FEWEST_A_DAY else 0.0
    return float(np.corrcoef(_ranks(one), _ranks(two))[0, 1])


def _ranks(values: Floats) -> Floats:
    """Ties share their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place.reshape(-1)])


def _by_day(days: Ints, values: Floats) -> Floats:
    _, place = np.unique(days, return_inverse=True)
    return np.bincount(place.reshape(-1), weights=values).astype(np.float64)


def _drawn(days: Ints, horizon_days: int) -> Ints:
    """[DRAWS, days] places of days: blocks of neighbours that span the horizon, going round."""
    distinct = np.unique(days)
    step = int(np.median(np.diff(distinct))) if len(distinct) > 1 else horizon_days
    block = int(np.clip(-(-horizon_days // max(step, 1)), 1, len(distinct)))
    random = np.random.default_rng(SEED)
    starts = random.integers(0, len(distinct), (DRAWS, -(-len(distinct) // block)))
    places = (starts[:, :, None] + np.arange(block)) % len(distinct)
    return np.asarray(places.reshape(DRAWS, -1)[:, : len(distinct)])


def _interval(value: float, draws: Floats) -> Interval:
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))
