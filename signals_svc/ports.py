"""What the use cases need from outside: bars, work, stores of features, signals and models, bus."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Protocol

import polars as pl

from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.bars import Bars
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.decision import Action
from signals_svc.domain.signal import Flip, Quantile, Signal
from signals_svc.domain.snapshot import Snapshot


class Work(NamedTuple):
    """One row of the dirty set: an instrument whose event day changed, wanted as of a night."""

    card_id: str
    grade_code: str
    day: date
    as_of: date
    generation: int


class Prices(Protocol):
    """The market's read model."""

    def known(self, *, as_of: date, lookback_days: int) -> Bars:
        """Bars of the lookback as they were known at the end of the day."""
        ...

    def versions(self, *, first: date, last: date) -> Bars:
        """Every version of the bars between, known by the end of `last`."""
        ...

    def catalog(self) -> Catalog:
        """Set and release date of every card."""
        ...


class DirtySet(Protocol):
    """Work announced by the producer of prices, stage `signals`."""

    def pending(self) -> list[Work]:
        """All work, oldest night first."""
        ...

    def clear(self, done: Sequence[Work]) -> int:
        """Remove what was done, unless it was marked again meanwhile."""
        ...

    def mark(self, instruments: Collection[Instrument], *, as_of: date) -> int:
        """Ask for signals of these instruments as of a day."""
        ...


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

    def latest_night(self) -> date | None:
        """The newest day signals are as of."""
        ...

    def write(
        self, signals: Sequence[Signal], forecasts: Sequence[Quantile], flips: Sequence[Flip]
    ) -> None:
        """Upsert by natural key; a row that would not change is left alone."""
        ...


class ServingModel(NamedTuple):
    """The classifier in production."""

    version: str
    trained_through: datetime
    feature_version: str
    artifact_key: str
    sha256: str


class RegisteredClassifier(NamedTuple):
    """A trained classifier as it is registered; `metrics` hold its acceptance and its numbers."""

    serving: ServingModel
    metrics: dict[str, Any]


class ModelStore(Protocol):
    """Registered models; which one serves."""

    def ensure_ewma(self, version: str, *, feature_version: str, now: datetime) -> None:
        """Register the fixed forecast, once. It has seen no data."""
        ...

    def production(self) -> ServingModel | None:
        """The classifier in production, its artifact not yet loaded."""
        ...

    def classifier(self, version: str) -> RegisteredClassifier | None:
        """A registered classifier, or None."""
        ...

    def register(self, model: RegisteredClassifier, *, now: datetime) -> bool:
        """Add a classifier; False where the very same is there. Raises Conflict for another."""
        ...

    def decide(
        self, version: str, *, stage: Literal["production", "rejected"], now: datetime, reason: str
    ) -> None:
        """Append a decision about a classifier."""
        ...


class Classifier(Protocol):
    """A loaded classifier."""

    @property
    def version(self) -> str:
        """Its registered version."""
        ...

    @property
    def horizon_days(self) -> int:
        """The one horizon it speaks about."""
        ...

    @property
    def conviction(self) -> ConvictionMap:
        """Fitted on its out-of-fold predictions."""
        ...

    def chances(self, inputs: Singles) -> Floats:
        """Calibrated P(BUY), P(HOLD), P(SELL), one row per row of inputs."""
        ...


class TrainedModel(Protocol):
    """A classifier in the runtime it was trained in."""

    def chances(self, inputs: Singles) -> Floats:
        """Uncalibrated class probabilities."""
        ...

    def to_onnx(self) -> bytes:
        """The same model for the serving runtime."""
        ...

    def parity(self, onnx: bytes, inputs: Singles) -> float:
        """Largest difference of a probability between this model and its export."""
        ...


class Trainer(Protocol):
    """Fits classifiers."""

    def fit(self, inputs: Singles, labels: Ints) -> TrainedModel:
        """The same rows give the same model."""
        ...


class ArtifactStore(Protocol):
    """Where artifacts are kept."""

    def put(self, key: str, body: bytes) -> None:
        """Write one artifact whole. Raises Unavailable."""
        ...


class ClassifierLoader(Protocol):
    """Artifacts of classifiers."""

    def load(self, model: ServingModel) -> Classifier:
        """Read, verify and open an artifact. Raises NotFound, Rejected or Unavailable."""
        ...


class Stores(NamedTuple):
    """Everything a use case reads and writes in one transaction."""

    prices: Prices
    dirty: DirtySet
    queue: InferenceQueue
    features: FeatureStore
    signals: SignalStore
    models: ModelStore
