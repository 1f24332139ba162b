"""What is measured of a night, and who hears of what is out of its bounds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

import polars as pl

from kernel.expectations import Checked, Expectation
from signals_svc.domain.came_true import Told
from signals_svc.domain.measures import Measure
from signals_svc.domain.seen_inputs import Seen
from signals_svc.domain.snapshot import Snapshot

# How each expectation comes out on a named frame, in their order.
RunSuite = Callable[[str, pl.DataFrame, Sequence[Expectation]], list[Checked]]


class Alert(NamedTuple):
    """A figure that left its bounds on a night."""

    as_of: date
    measure: str
    subject: str
    model_version: str
    value: float
    words: str


class Changed(NamedTuple):
    """Signals of one horizon on a night, and how many of them say another thing than before."""

    signals: int
    flips: int


class Took(NamedTuple):
    """A run of inference."""

    as_of: date
    instruments: int
    seconds: float


Trend = Sequence[tuple[date, float]]


class MonitoringStore(Protocol):
    """Figures of nights, alerts, and what they are taken from."""

    def latest_night(self, *, until: date) -> date | None:
        """The newest day up to `until` that signals are as of."""
        ...

    def stored_features(self, *, as_of: date) -> Snapshot:
        """The newest row of every instrument that has features of the day."""
        ...

    def seen(self, versions: Collection[str]) -> Mapping[str, Seen]:
        """From what each version learned."""
        ...

    def told(self, *, nights: int, moment: datetime) -> Told:
        """Live words whose days were over on one of the last nights up to the moment, with what
        came of them as known then.
        """
        ...

    def changed(self, *, as_of: date, horizon_days: int) -> Changed:
        """Flips of a night."""
        ...

    def took(self, *, until: date, least: int) -> Took | None:
        """The slowest run, by instrument, of the newest night up to `until`, of those with at least
        so many instruments where there are any.
        """
        ...

    def note_inference(self, took: Took, *, now: datetime) -> None:
        """Append how long a run took."""
        ...

    def keep(self, measures: Sequence[Measure], *, as_of: date, now: datetime) -> None:
        """Append a run's figures, and an alert for each that alarms, once a night."""
        ...

    def trends(self, *, until: date, nights: int) -> Mapping[tuple[str, str, str], Trend]:
        """Values of pausing figures on the nights up to `until`, oldest first, by measure, subject
        and version.
        """
        ...

    def measured(self, version: str) -> date | None:
        """The newest night measured, if what the version reads was measured then."""
        ...

    def standing(self, version: str) -> list[str]:
        """In words what is out of its bounds on the newest night measured, of the version or of
        everybody.
        """
        ...

    def drifted(self) -> list[str]:
        """In words which versions read other inputs than they learned from, newest night."""
        ...

    def unpublished(self, *, limit: int) -> list[Alert]:
        """Alerts the bus has not taken and nobody else is sending, oldest first."""
        ...

    def published(self, alerts: Sequence[Alert], *, now: datetime) -> None:
        """Mark alerts as taken."""
        ...
