"""What a night works on: the inference queue, the feature store, the signal store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import polars as pl

from kernel.ids import Instrument
from signals_svc.domain.decision import Action
from signals_svc.domain.signal import Flip, Quantile, Signal
from signals_svc.domain.snapshot import Snapshot
from signals_svc.ports.market import Work


class InferenceQueue(Protocol):
    """Instruments whose features are built and whose signals are not."""

    def put(self, work: Sequence[Work]) -> None:
        """Add; asking again keeps the newer generation."""
        ...

    def days(self) -> list[date]:
        """As-of days with work, oldest first."""
        ...

    def take(self, as_of: date) -> list[Work]:
        """Remove and return the work of one night."""
        ...


class FeatureStore(Protocol):
    """features_daily, append-only, and features_latest."""

    def append(self, rows: pl.DataFrame, *, as_of: date) -> int:
        """Add what differs from the newest row of the instrument and day; rows added.

        Columns as domain.snapshot.COLUMNS. Replaces features_latest where the day is not older.
        """
        ...

    def read(self, instruments: Collection[Instrument], *, as_of: date) -> Snapshot:
        """The newest rows of the day for the instruments that have one."""
        ...


class SignalStore(Protocol):
    """Forecasts, signals and flips."""

    def standing(self, *, before: datetime) -> set[Instrument]:
        """Instruments whose newest signal before the moment, at any horizon, is BUY or SELL."""
        ...

    def actions(
        self, instruments: Collection[Instrument], *, until: datetime, inclusive: bool
    ) -> Mapping[tuple[Instrument, int], Action]:
        """The newest action by instrument and horizon before the moment, or at it as well."""
        ...

    def last_prices(
        self, instruments: Collection[Instrument], *, before: datetime
    ) -> Mapping[Instrument, tuple[int, str]]:
        """Price in cents and series of the newest signal before the moment."""
        ...

    def latest_night(self) -> date | None:
        """The newest day signals are as of."""
        ...

    def write(
        self, signals: Sequence[Signal], forecasts: Sequence[Quantile], flips: Sequence[Flip]
    ) -> None:
        """Upsert by natural key; a row that would not change is left alone."""
        ...
