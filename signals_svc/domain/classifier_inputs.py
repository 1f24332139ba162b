"""What trees see of an instrument: its place in the market and the trend forecast's numbers.

The classifier sees a forecaster's quantiles too: out of fold where it learns, of the night where it
speaks.

Season and age are left out on purpose: with one market's history a model would learn dates by
heart from them.
"""

import numpy as np

from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.decision import LAMBDA_DAYS
from signals_svc.domain.forecast import ewma_forecast

NORMALISED = (
    "momentum_7",
    "momentum_30",
    "momentum_90",
    "momentum_180",
    "volatility_90",
    "volatility_365",
    "volatility_ewma",
    "downside_90",
    "downside_365",
    "drawdown_90",
    "drawdown_365",
    "days_since_high_90",
    "days_since_high_365",
    "trades_7",
    "trades_30",
    "trades_90",
    "impact_90",
    "excess_30",
    "excess_90",
    "premium_raw",
    "premium_nine",
    "premium_raw_z",
    "premium_nine_z",
    "rank_30",
    "rank_90",
)
RAW = (
    "momentum_7",
    "momentum_30",
    "momentum_90",
    "momentum_180",
    "volatility_90",
    "volatility_365",
    "drawdown_90",
    "drawdown_365",
    "recency_days",
    "bounce",
)
FORECAST = ("forecast_q50", "forecast_sigma")
NAMES = (
    *(f"z.{name}" for name in NORMALISED),
    *(f"x.{name}" for name in RAW),
    *FORECAST,
)
READ = ("read_q10", "read_q50", "read_q90")  # of the forecaster that a classifier names
CLASSIFIER_NAMES = (*NAMES, *READ)


def classifier_inputs(
    raw: dict[str, Singles], normalised: dict[str, Singles], horizon_days: int
) -> Singles:
    """One row per instrument, columns as NAMES; missing is NaN, which trees split on."""
    forecast = ewma_forecast(raw, horizon_days)
    columns: list[Singles | Floats] = [normalised[name] for name in NORMALISED]
    columns += [raw[name] for name in RAW]
    columns += [forecast.q50, forecast.sigma / np.sqrt(horizon_days / LAMBDA_DAYS)]
    return np.column_stack(columns).astype(np.float32)


def with_forecasts(inputs: Singles, quantiles: Singles | Floats) -> Singles:
    """What a classifier reads, columns as CLASSIFIER_NAMES; a missing forecast is NaN."""
    return np.column_stack([inputs, quantiles]).astype(np.float32)
