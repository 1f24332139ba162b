"""Models: registry, artifacts, the runtimes that train and that serve."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.stages import Stage
from signals_svc.domain.tree_paths import TreePaths

# baseline: the contest that says which simple forecast is the best at each horizon
Family = Literal["ewma", "naive", "drift", "baseline", "classifier", "tft"]


class ServingModel(NamedTuple):
    """A registered model and where its artifact is."""

    version: str
    trained_through: datetime
    feature_version: str
    artifact_key: str
    sha256: str


class RegisteredModel(NamedTuple):
    """A trained model as it is registered; `metrics` hold its acceptance and its numbers, `seen`
    the distribution of what it learned from, as JSON.
    """

    serving: ServingModel
    metrics: dict[str, Any]
    seen: Mapping[str, Any] = {}


class ModelInStage(NamedTuple):
    """A registered model, its family and where in its life it is."""

    family: Family
    serving: ServingModel
    metrics: dict[str, Any]
    stage: Stage
    canary_percent: int | None


class Speakers(NamedTuple):
    """Who of a family speaks: to all, to some cards, to nobody yet."""

    production: ServingModel | None = None
    canary: ServingModel | None = None
    canary_percent: int = 0
    shadow: ServingModel | None = None

    @property
    def all(self) -> tuple[ServingModel, ...]:
        """Each once, whoever is told."""
        return tuple(one for one in (self.production, self.canary, self.shadow) if one)


class Decision(NamedTuple):
    """One change of a version's stage."""

    stage: Stage
    reason: str
    canary_percent: int | None = None
    actor: str | None = None  # None: the login of the service


class ModelStore(Protocol):
    """Registered models; which of them speak."""

    def ensure_fixed(self, versions: dict[str, Family], *, feature_version: str) -> None:
        """Register the forecasts that nobody trains, once. They have seen no data."""
        ...

    def speakers(self, family: Family, *, trained_by: datetime | None = None) -> Speakers:
        """Of the versions that learned nothing after the moment if given, by stage the one that
        entered it last. Artifacts are not yet loaded.
        """
        ...

    def registered(self, version: str) -> ModelInStage | None:
        """A version and its stage, or None."""
        ...

    def register(self, family: Family, model: RegisteredModel, *, now: datetime) -> bool:
        """Add a version, in staging; False where the very same is there. Raises Conflict."""
        ...

    def decide(self, version: str, decision: Decision, *, now: datetime) -> None:
        """Append a decision about a version."""
        ...

    def nights_heard(self, version: str) -> int:
        """Nights whose forecasts by this version are stored."""
        ...


class Classifier(Protocol):
    """A loaded classifier."""

    @property
    def version(self) -> str:
        """Its registered version."""
        ...

    @property
    def reads(self) -> str:
        """The version whose forecasts are among its inputs."""
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

    def moved(self, inputs: Singles) -> Floats:
        """[n, F]: what each input moved the log odds of BUY over SELL."""
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

    def importance(self) -> Floats:
        """Share of all that the splits gained, an entry an input."""
        ...

    def paths(self) -> TreePaths:
        """Leaves of the log odds of BUY over SELL."""
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

    def checksum(self, key: str) -> str | None:
        """SHA-256 of what lies there now, in hexadecimal; None for nothing. Raises Unavailable."""
        ...


class ClassifierLoader(Protocol):
    """Artifacts of classifiers."""

    def load(self, model: ServingModel) -> Classifier:
        """Read, verify and open an artifact. Raises Rejected or Unavailable."""
        ...
