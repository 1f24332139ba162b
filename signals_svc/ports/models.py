"""Models: registry, artifacts, the runtimes that train and that serve."""

from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.conviction import ConvictionMap

Family = Literal["ewma", "classifier", "tft"]
# shadow: speaks every night and is stored, nobody is told
Stage = Literal["shadow", "production", "rejected"]


class ServingModel(NamedTuple):
    """A registered model and where its artifact is."""

    version: str
    trained_through: datetime
    feature_version: str
    artifact_key: str
    sha256: str


class RegisteredModel(NamedTuple):
    """A trained model as it is registered; `metrics` hold its acceptance and its numbers."""

    serving: ServingModel
    metrics: dict[str, Any]


class ModelStore(Protocol):
    """Registered models; which one serves."""

    def ensure_ewma(self, version: str, *, feature_version: str, now: datetime) -> None:
        """Register the fixed forecast, once. It has seen no data."""
        ...

    def production(self, *, trained_by: datetime | None = None) -> ServingModel | None:
        """The classifier promoted last, of those that learned nothing after the moment if given.

        Its artifact is not yet loaded.
        """
        ...

    def classifier(self, version: str) -> RegisteredModel | None:
        """A registered classifier, or None."""
        ...

    def register(self, model: RegisteredModel, *, now: datetime) -> bool:
        """Add a classifier; False where the very same is there. Raises Conflict for another."""
        ...

    def decide(self, version: str, *, stage: Stage, now: datetime, reason: str) -> None:
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
    def break_even(self) -> float:
        """The log return beyond which its labels are BUY and SELL."""
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
