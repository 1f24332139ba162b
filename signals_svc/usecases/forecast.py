"""What the sequence forecaster says of a night. It is stored; the signals do not rest on it yet."""

import hashlib
from collections.abc import Collection
from datetime import date

import numpy as np
import structlog

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats
from signals_svc.domain.features import FEATURE_VERSION, features_on
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.signal import DECIMALS, Quantile
from signals_svc.domain.weekly import Windows, windows_of
from signals_svc.ports.forecasters import ForecasterLoader
from signals_svc.ports.stores import Stores

log = structlog.get_logger()

DIGEST_BYTES = 16


def sequence_forecasts(
    stores: Stores,
    wanted: Collection[Instrument],
    *,
    as_of: date,
    horizons: tuple[int, ...],
    loader: ForecasterLoader,
) -> list[Quantile]:
    """Quantiles of every wanted instrument with a spread; empty where no forecaster may speak.

    One that learned anything after the day may not. From the bars as they were known at the end of
    the day, so that the same night gives the same bytes.
    """
    model = stores.forecasters.shadow(trained_by=end_of(as_of))
    if model is None or not wanted:
        return []
    if model.feature_version != FEATURE_VERSION:
        log.warning(
            "forecaster.silent",
            model_version=model.version,
            wants=model.feature_version,
            offered=FEATURE_VERSION,
            mend="train a forecaster on these features",
        )
        return []
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    features = features_on(bars, stores.prices.catalog(), as_of)
    places = features.places(frozenset(wanted))
    windows = windows_of(features).of(places)
    said = loader.load_forecaster(model).quantiles(windows, horizons)
    return [
        _told(features.instruments[place], horizon, as_of, model.version, said[row, at], print_)
        for row, place in enumerate(places)
        if (print_ := _fingerprint(windows, row))
        for at, horizon in enumerate(horizons)
        if np.isfinite(said[row, at]).all()
    ]


def _told(
    instrument: Instrument,
    horizon: int,
    as_of: date,
    version: str,
    quantiles: Floats,
    fingerprint: str,
) -> Quantile:
    q10, q50, q90 = (round(float(quantile), DECIMALS) for quantile in quantiles)
    return Quantile(instrument, horizon, end_of(as_of), version, q10, q50, q90, fingerprint)


def _fingerprint(windows: Windows, row: int) -> str:
    """Hash of the window that went in."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    columns = (windows.past, windows.ahead, windows.fixed, windows.lengths, windows.spread)
    for column in columns:
        digest.update(np.ascontiguousarray(column[row]).tobytes())
    return digest.hexdigest()
