"""What an EWMA forecast needs: a price's drift, shrunk by its own error, its spread, its bounce."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, divided
from signals_svc.domain.returns import MIN_RETURNS, Returns, returns_of, wide_returns_of
from signals_svc.domain.series import YEAR_DAYS, Series

HUBER = 3.0  # a return beyond three robust sigmas tells of one event, not of a trend
SCALE_FLOOR = 0.005  # log return per square root of a day; quotes that rarely move have no MAD
WIDE_DAYS = 45  # two months of monthly quotes, and long enough for daily prints to settle
DRIFT_HALF_LIFE_DAYS = (15, 180)  # short: fashions turn within months
DRIFT_BARS = 3  # mean gaps a half-life spans at least; one monthly quote is no trend
DOUBT_ERRORS = 1.0  # James-Stein; with more, little is left for a classifier to choose from
MIN_SIGMA_DAY = 0.004  # 7.6 % a year: no collectible is calmer than that
MIN_SPREAD_SHARE = 0.1  # prints never explain more than nine tenths of the variance

# Row: half-life less the shortest, column: age in days. A table, so that no weight depends on the
# place of its row in an array.
DRIFT_WEIGHT: Floats = 2.0 ** (
    -np.arange(YEAR_DAYS)
    / np.arange(DRIFT_HALF_LIFE_DAYS[0], DRIFT_HALF_LIFE_DAYS[1] + 1)[:, np.newaxis]
)


@dataclass(frozen=True)
class Drift:
    """Per owner, missing below MIN_RETURNS. Log returns per day; `bounce` is in log price."""

    drift_day: Floats
    drift_error_day: Floats
    sigma_day: Floats
    bounce: Floats


def drift_of(series: Series) -> Drift:
    """Weighted by age, aware of gaps: r ~ N(drift * gap, sigma^2 * gap + 2 * bounce^2).

    - Prints bounce around the value. What a wide return varies more than a narrow one, over the
      days it spans more, is sigma^2 a day; the rest is bounce, counted once per forecast instead
      of once per day.
    - The drift leaves out the newest return, half of which bounces back, and sees the others cut
      at HUBER robust sigmas; the spread sees them whole: a jump makes a price riskier, not better.
      The mean drift of the year is no risk; that it may turn within the year is.
    - The drift is believed only as far as DOUBT_ERRORS standard errors leave room for it.
    """
    narrow = returns_of(series)
    every = narrow.younger(YEAR_DAYS)
    enough = narrow.count(every) >= MIN_RETURNS
    older = every & ~_newest(narrow)
    weight = _drift_weight(narrow)
    days = narrow.total(weight * narrow.gap, older)
    drift = divided(narrow.total(weight * _cut(narrow), older), days, where=enough)
    sigma_square, bounce_square = _spread(series, narrow, enough)
    error = sigma_square * narrow.total(weight**2 * narrow.gap, older) + 2 * bounce_square
    error_square = divided(error, days**2, where=enough)
    doubt = DOUBT_ERRORS**2 * error_square
    believed = 1.0 - divided(doubt, drift**2, where=enough & (drift != 0))
    believed = np.where(enough, np.fmax(0.0, believed), np.nan)
    return Drift(
        drift_day=drift * believed + 0.0,
        drift_error_day=np.sqrt(error_square * believed),
        sigma_day=np.sqrt(sigma_square),
        bounce=np.sqrt(bounce_square),
    )


def _drift_weight(returns: Returns) -> Floats:
    """By age, with a half-life of DRIFT_BARS mean gaps within DRIFT_HALF_LIFE_DAYS."""
    every = returns.younger(YEAR_DAYS)
    gaps = returns.total(returns.gap, every)
    count = returns.count(every)
    mean_gap = divided(gaps, count.astype(np.float64), where=count > 0)
    low, high = DRIFT_HALF_LIFE_DAYS
    half_life = np.clip(np.rint(np.nan_to_num(DRIFT_BARS * mean_gap)), low, high).astype(np.int64)
    weights: Floats = DRIFT_WEIGHT[half_life[returns.owner] - low, returns.age]
    return weights


def _newest(returns: Returns) -> Flags:
    """The last return of each owner."""
    last = np.ones(len(returns.owner), dtype=np.bool_)
    last[:-1] = returns.owner[1:] != returns.owner[:-1]
    return last


def _cut(returns: Returns) -> Floats:
    """The returns with the part beyond HUBER robust sigmas of their series taken off."""
    root = np.sqrt(returns.gap)
    unit = returns.log_return / root
    limit = HUBER * np.maximum(1.4826 * _median_size(returns, unit), SCALE_FLOOR)
    held = limit[returns.owner]
    cut: Floats = np.clip(unit, -held, held) * root
    return cut


def _median_size(returns: Returns, unit: Floats) -> Floats:
    """Lower median of |unit| per owner, 0 where there is none."""
    size = np.abs(unit)
    order = np.lexsort((size, returns.owner))
    count = np.bincount(returns.owner, minlength=returns.owners)
    start = np.cumsum(count) - count
    out = np.zeros(returns.owners)
    some = count > 0
    out[some] = size[order][start[some] + (count[some] - 1) // 2]
    return out


def _spread(series: Series, narrow: Returns, enough: Flags) -> tuple[Floats, Floats]:
    """sigma^2 a day and bounce^2; without wide returns everything counts as sigma."""
    square, gap = _mean_square(narrow, enough)
    wide_square, wide_gap = _mean_square(wide_returns_of(series, WIDE_DAYS), enough)
    all_sigma = divided(square, gap, where=enough)
    sigma_square = divided(wide_square - square, wide_gap - gap, where=wide_gap > gap)
    sigma_square = np.where(np.isfinite(sigma_square), sigma_square, all_sigma)
    floor = np.maximum(MIN_SPREAD_SHARE * all_sigma, MIN_SIGMA_DAY**2)
    sigma_square = np.where(enough, np.maximum(sigma_square, floor), np.nan)
    return sigma_square, np.maximum(0.0, (square - sigma_square * gap) / 2.0)


def _mean_square(returns: Returns, enough: Flags) -> tuple[Floats, Floats]:
    """Weighted means of the squared deviation from the mean drift and of the gap, per owner."""
    every = returns.younger(YEAR_DAYS)
    weights = returns.total(returns.weight, every)
    some = enough & (weights > 0)
    gaps = returns.total(returns.weight * returns.gap, every)
    mean = divided(returns.total(returns.weight * returns.log_return, every), gaps, where=some)
    deviation = returns.log_return - mean[returns.owner] * returns.gap
    squares = returns.total(returns.weight * deviation**2, every)
    return divided(squares, weights, where=some), divided(gaps, weights, where=some)
