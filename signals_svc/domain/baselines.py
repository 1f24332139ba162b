"""Forecasts that a model has to beat: the last price, its own trend, and the EWMA of both."""

from typing import Literal

import numpy as np

from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.forecast import EWMA_VERSION, MAX_LOG_RETURN, MAX_SIGMA, Z90, ewma_forecast

Baseline = Literal["naive", "drift", "ewma"]
BASELINES: tuple[Baseline, ...] = ("naive", "drift", "ewma")
TREES = "lightgbm"  # the baseline beside the fixed ones: boosted quantile trees on the features
VERSIONS: dict[Baseline, str] = {"naive": "naive-1", "drift": "drift-1", "ewma": EWMA_VERSION}
TREND_DAYS = 180  # of which the random walk with drift takes its drift


def baseline_quantiles(name: Baseline, raw: dict[str, Singles], horizon_days: int) -> Floats:
    """[n, 3]: quantiles 0.1, 0.5 and 0.9 of the log return to the horizon; NaN is no forecast.

    `naive` expects the last price again, `drift` the half year's trend to go on undamped, both
    with the band of the series' own spread and bounce.
    """
    if name == "ewma":
        ewma = ewma_forecast(raw, horizon_days)
        return np.stack([ewma.q10, ewma.q50, ewma.q90], axis=1)
    sigma, bounce, recency, trend = (
        raw[column].astype(np.float64)
        for column in ("sigma_day", "bounce", "recency_days", f"momentum_{TREND_DAYS}")
    )
    variance = sigma**2 * (horizon_days + recency) + 2 * bounce**2
    spread = np.minimum(np.sqrt(variance), MAX_SIGMA)
    middle = np.where(np.isfinite(spread), 0.0, np.nan)
    if name == "drift":
        slope = np.nan_to_num(trend) * horizon_days / TREND_DAYS
        middle = middle + np.clip(slope, -MAX_LOG_RETURN, MAX_LOG_RETURN)
    return np.stack([middle - Z90 * spread, middle, middle + Z90 * spread], axis=1)
