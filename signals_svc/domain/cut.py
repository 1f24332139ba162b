"""Cuts a few instruments out of a market's features: the same numbers, in little."""

from dataclasses import replace

import numpy as np

from kernel.series import KINDS
from signals_svc.domain.arrays import Ints
from signals_svc.domain.features import Features
from signals_svc.domain.series import Series
from signals_svc.domain.snapshot import Snapshot


def cut_out(features: Features, places: Ints) -> Features:
    """These instruments, in this order, with their bars."""
    return Features(
        as_of=features.as_of,
        instruments=tuple(features.instruments[place] for place in places),
        series=_cut(features.series, places),
        raw={name: column[places] for name, column in features.raw.items()},
        normalised={name: column[places] for name, column in features.normalised.items()},
    )


def _cut(series: Series, places: Ints) -> Series:
    start, last = series.start[places], series.last[places]
    lengths = last + 1 - start
    ends = np.cumsum(lengths)
    rows = np.repeat(start - (ends - lengths), lengths) + np.arange(lengths.sum())
    return replace(
        series,
        slots=series.slots[places],
        kind=series.kind[places],
        bars_365=series.bars_365[places],
        sold={days: copies[places] for days, copies in series.sold.items()},
        day=series.day[rows],
        cents=series.cents[rows],
        log_cents=series.log_cents[rows],
        volume=series.volume[rows],
        known_us=series.known_us[rows],
        start=ends - lengths,
        last=ends - 1,
    )


def unhashed(features: Features) -> Snapshot:
    """What would be frozen of them. Nothing of it is stored, so nothing is hashed."""
    series = features.series
    return Snapshot(
        as_of=features.as_of,
        instruments=features.instruments,
        series=tuple(KINDS[kind] for kind in series.kind),
        raw=features.raw,
        normalised=features.normalised,
        recency_days=series.recency_days,
        bars_365=series.bars_365,
        close_cents=series.cents[series.last],
        fingerprints=("",) * len(features.instruments),
    )
