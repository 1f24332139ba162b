"""What a night works on: the inference queue, the feature store, the signal store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import polars as pl

from kernel.ids import Instrument
from signals_svc.domain.cohorts import CohortExplanation
from signals_svc.domain.explanation import Explanation
from signals_svc.domain.judgement import Actions
from signals_svc.domain.signal import Chance, Flip, Quantile, Signal
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
        """Instruments with a BUY or SELL said on their last night before the moment."""
        ...

    def previous(self, instruments: Collection[Instrument], *, before: datetime) -> Actions:
        """The action of the last night before the moment, as it was known at the moment."""
        ...

    def announced(self, instruments: Collection[Instrument], *, until: datetime) -> Actions:
        """The newest word on the last night up to and with the moment, whenever it was said."""
        ...

    def last_prices(
        self, instruments: Collection[Instrument], *, before: datetime
    ) -> Mapping[Instrument, tuple[int, str]]:
        """Price in cents and series of the last signal before the moment, as known at it."""
        ...

    def latest_night(self) -> date | None:
        """The newest day signals are as of."""
        ...

    def write(
        self,
        signals: Sequence[Signal],
        forecasts: Sequence[Quantile | Chance],
        flips: Sequence[Flip],
        *,
        now: datetime,
    ) -> None:
        """Append every word that differs from the newest on its night, with its receipt.

        The first on a night is known at its end, a later one `now`.
        """
        ...

    def explain_cohorts(self, told: Sequence[CohortExplanation], *, now: datetime) -> int:
        """Append every explanation of a cohort that differs from the newest of its night."""
        ...

    def explain(self, explanations: Sequence[Explanation], *, now: datetime) -> None:
        """Append every explanation that differs from the newest of its night."""
        ...
