"""A night's features, windows, forecasts and signals as tables of cells."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from kernel.days import utc_day
from kernel.ids import Instrument
from kernel.series import KINDS
from signals_svc.domain.cells import KEYS, Table
from signals_svc.domain.features import Features
from signals_svc.domain.signal import Chance, Quantile, Signal
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, STEPS, WEEKS, windows_of

FORECAST_KEYS = (*KEYS, "horizon_days", "model_version")
SIGNAL_KEYS = (*KEYS, "horizon_days")
SIGNAL_CELLS = (
    *("action", "conviction", "expected_return", "risk", "utility", "utility_sell"),
    *("p_buy", "p_hold", "p_sell", "price_cents", "series", "model_version", "fingerprint"),
)


def _keyed(instruments: Sequence[Instrument], days: Sequence[date]) -> dict[str, pl.Series]:
    return {
        "card_id": pl.Series([one.card_id for one in instruments], dtype=pl.String),
        "grade_code": pl.Series([one.grade_code for one in instruments], dtype=pl.String),
        "day": pl.Series(days, dtype=pl.Date),
    }


def features_table(features: Features) -> Table:
    """What was computed of each instrument, raw and normalised, and the series it rests on."""
    series = features.series
    columns = {
        **_keyed(features.instruments, [features.as_of] * len(features.instruments)),
        "series": pl.Series([KINDS[kind] for kind in series.kind], dtype=pl.String),
        "close_cents": series.cents[series.last],
        "bars_365": series.bars_365,
        **{f"raw.{name}": column for name, column in features.raw.items()},
        **{f"normalized.{name}": column for name, column in features.normalised.items()},
    }
    return Table("features", pl.DataFrame(columns))


def windows_table(features: Features) -> Table:
    """What a sequence forecaster reads of each instrument."""
    windows = windows_of(features)
    names = [
        *(f"past.{week}.{name}" for week in range(WEEKS) for name in PAST),
        *(f"ahead.{step}.{name}" for step in range(STEPS) for name in AHEAD),
        *(f"fixed.{name}" for name in FIXED),
    ]
    many = len(windows)
    blocks = (windows.past, windows.ahead, windows.fixed)
    flat = np.concatenate([block.reshape(many, -1) for block in blocks], axis=1)
    columns = {
        **_keyed(features.instruments, [features.as_of] * many),
        "weeks": windows.lengths,
        **{f"spread.{step}": windows.spread[:, step] for step in range(STEPS)},
        **dict(zip(names, flat.T, strict=True)),
    }
    return Table("windows", pl.DataFrame(columns))


def forecasts_table(said: Sequence[Quantile | Chance]) -> Table:
    """Every forecast and every classifier's chances, told or not."""
    cells = ("q10", "q50", "q90", "p_buy", "p_hold", "p_sell")
    columns = {
        **_keyed([one.instrument for one in said], [utc_day(one.asof_ts) for one in said]),
        "horizon_days": pl.Series([one.horizon_days for one in said], dtype=pl.Int64),
        "model_version": pl.Series([one.model_version for one in said], dtype=pl.String),
        **{
            name: pl.Series([getattr(one, name, None) for one in said], dtype=pl.Float64)
            for name in cells
        },
    }
    return Table("forecasts", pl.DataFrame(columns), FORECAST_KEYS)


def signals_table(signals: Sequence[Signal]) -> Table:
    """Every signal of the night, whatever it says."""
    texts = ("action", "series", "model_version", "fingerprint")
    columns = {
        **_keyed([one.instrument for one in signals], [utc_day(one.asof_ts) for one in signals]),
        "horizon_days": pl.Series([one.horizon_days for one in signals], dtype=pl.Int64),
        **{
            name: pl.Series(
                [getattr(one, name) for one in signals],
                dtype=pl.String if name in texts else pl.Float64,
                strict=False,
            )
            for name in SIGNAL_CELLS
        },
    }
    return Table("signals", pl.DataFrame(columns), SIGNAL_KEYS)
