"""What an EWMA forecast needs: a price's drift, shrunk by its own error, its spread, its bounce."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Floats, divided, per_owner
from signals_svc.domain.returns import MIN_RETURNS, Returns
from signals_svc.domain.series import YEAR_DAYS

HUBER = 3.0  # a return beyond three robust sigmas tells of one event, not of a trend
SCALE_FLOOR = 0.005  # log return per square root of a day; quotes that rarely move have no MAD
MIN_SIGMA_DAY = 0.004  # 7.6 % a year: no collectible is calmer than that
MIN_SIGNAL_SHARE = 0.1  # bounce never explains more than nine tenths of the variance


@dataclass(frozen=True)
class Drift:
    """Per owner, missing below MIN_RETURNS. Log returns per day; `bounce` is in log price."""

    drift_day: Floats
    drift_error_day: Floats
    sigma_day: Floats
    bounce: Floats


def drift_of(returns: Returns) -> Drift:
    """Weighted by age, aware of gaps: r ~ N(drift * gap, sigma^2 * gap + 2 * bounce^2).

    Successive prints bounce around the value (Roll 1984): their negative covariance is noise of
    the prints, counted once per forecast instead of once per day. The drift sees returns cut at
    HUBER robust sigmas, the spread sees them whole: a jump makes a price riskier, not better.
    """
    every = returns.younger(YEAR_DAYS)
    enough = returns.count(every) >= MIN_RETURNS
    weight, gap = returns.weight, returns.gap
    calm = _cut(returns)
    weights = returns.total(weight, every)
    days = returns.total(weight * gap, every)
    bounce_square = _bounce_square(returns, calm, weights)
    raw_square = returns.total(weight * returns.log_return**2, every)
    signal = np.maximum(raw_square - 2 * bounce_square * weights, MIN_SIGNAL_SHARE * raw_square)
    sigma_square = np.maximum(divided(signal, days, where=enough), MIN_SIGMA_DAY**2)
    drift = divided(returns.total(weight * calm, every), days, where=enough)
    spread = sigma_square * returns.total(weight**2 * gap, every) + 2 * bounce_square
    error_square = divided(spread, days**2, where=enough)
    # James-Stein: what the error alone would explain is taken off, and never the sign turned.
    believed = np.maximum(0.0, 1.0 - divided(error_square, drift**2, where=enough & (drift != 0)))
    believed = np.where(enough & (drift == 0), 0.0, believed)
    return Drift(
        drift_day=drift * believed,
        drift_error_day=np.sqrt(error_square * believed),
        sigma_day=np.sqrt(sigma_square),
        bounce=np.where(enough, np.sqrt(bounce_square), np.nan),
    )


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


def _bounce_square(returns: Returns, calm: Floats, weights: Floats) -> Floats:
    """Minus the weighted covariance of neighbouring returns, never below 0."""
    neighbours = returns.owner[1:] == returns.owner[:-1]
    products = (returns.weight[1:] * calm[1:] * calm[:-1])[neighbours]
    covariance = divided(
        per_owner(returns.owner[1:][neighbours], products, returns.owners),
        weights,
        where=weights > 0,
    )
    return np.fmax(0.0, -covariance)
