"""Computes nights twice, from the whole store and from a copy that ends with them, and compares.

The store is read both ways that are in use: a walk over all versions, as ranges and trainings do,
and a read as of the night, as nights do. Nothing is written to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.cells import Cell, Table, first_difference
from signals_svc.domain.features import Features, features_between, features_on
from signals_svc.domain.night_cells import (
    features_table,
    forecasts_table,
    signals_table,
    windows_table,
)
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.signal import Chance, Quantile
from signals_svc.domain.snapshot import freeze, thaw
from signals_svc.ports.stores import Stores
from signals_svc.ports.truncation import TruncatedStore
from signals_svc.usecases.judge_night import Speech, judge_night
from signals_svc.usecases.rebuild_features import History


@dataclass(frozen=True)
class Compared:
    """What was compared of a night or a training, and the first cell that differs."""

    tables: dict[str, int]  # cells by table
    instruments: int
    leak: Cell | None

    @property
    def cells(self) -> int:
        """Of all tables."""
        return sum(self.tables.values())


def compared(ours: Sequence[Table], truncated: Sequence[Table], *, instruments: int) -> Compared:
    """Tables in order; the first difference of the first table that has one."""
    pairs = zip(ours, truncated, strict=True)
    leaks = (first_difference(one, other) for one, other in pairs)
    leak = next((found for found in leaks if found is not None), None)
    return Compared({table.name: table.cells for table in ours}, instruments, leak)


def verify_night(
    stores: Stores, history: History, copy: TruncatedStore, night: date, speech: Speech
) -> Compared:
    """The copy is made to hold what was known at the end of the night."""
    (walked,) = features_between(history.versions, history.catalog, [night], history.facts)
    divergent = stores.prices.divergent(as_of=night)
    read = _read(stores, night)
    ours = [*_inputs(walked, "walked"), *_inputs(read, "read")]
    ours += _said(stores, read, speech, divergent)
    copy.hold(end_of(night))
    with copy.stores() as truncated:
        again = _read(truncated, night)
        theirs = [*_inputs(again, "walked"), *_inputs(again, "read")]
        theirs += _said(truncated, again, speech, divergent)
    return compared(ours, theirs, instruments=len(again.instruments))


def _read(stores: Stores, night: date) -> Features:
    """As `build_features` does."""
    bars = stores.prices.known(as_of=night, lookback_days=LOOKBACK_DAYS)
    facts = stores.prices.facts(first=night, last=night)
    return features_on(bars, stores.prices.catalog(), night, facts)


def _inputs(features: Features, how: str) -> list[Table]:
    tables = (features_table(features), windows_table(features))
    return [Table(f"{table.name} ({how})", table.rows, table.keys) for table in tables]


def _said(
    stores: Stores, features: Features, speech: Speech, divergent: Mapping[Instrument, float]
) -> list[Table]:
    """Flags of prices that disagree are those of the store in both readings: they are raised for a
    day, at a time that says when the job ran."""
    rows = freeze(features, np.arange(len(features.instruments)))
    snapshot = thaw(features.as_of, rows)
    judged = judge_night(
        stores,
        snapshot,
        wanted=features.instruments,
        speech=speech,
        divergent=divergent,
    )
    said: list[Quantile | Chance] = [*judged.forecasts.said, *judged.classes.said]
    return [forecasts_table(said), signals_table(judged.signals)]
