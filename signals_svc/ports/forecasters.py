"""Sequence forecasters: what trains them, what serves them, the trees they have to beat."""

from datetime import datetime
from typing import Protocol

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.weekly import Windows
from signals_svc.ports.models import RegisteredModel, ServingModel


class TrainedForecaster(Protocol):
    """A forecaster in the runtime it was trained in."""

    def answers(self, windows: Windows) -> Floats:
        """[n, STEPS, 3]: quantiles in spreads."""
        ...

    def to_onnx(self, example: Windows) -> bytes:
        """The same model for the serving runtime."""
        ...

    def parity(self, onnx: bytes, windows: Windows) -> float:
        """Largest difference of an answer between this model and its export."""
        ...


class ForecastTrainer(Protocol):
    """Fits sequence forecasters."""

    def fit(
        self, windows: Windows, targets: Floats, *, train: Ints, check: Ints
    ) -> TrainedForecaster:
        """From the rows `train`, stopped early by the rows `check`. `targets` are log returns a
        step, NaN where none was seen. The same rows give the same model."""
        ...


class QuantileTrees(Protocol):
    """Boosted trees that answer quantiles: the baseline that reads features."""

    def fit_and_answer(self, inputs: Singles, units: Floats, asked: Singles) -> Floats:
        """Learn `units` (outcomes in spreads) from `inputs`; quantiles [n, 3] of the rows asked."""
        ...


class Forecaster(Protocol):
    """A loaded forecaster."""

    @property
    def version(self) -> str:
        """Its registered version."""
        ...

    def quantiles(self, windows: Windows, horizons: tuple[int, ...]) -> Floats:
        """[n, H, 3] of the log return; NaN where a window has no spread."""
        ...


class ForecasterLoader(Protocol):
    """Artifacts of forecasters."""

    def load_forecaster(self, model: ServingModel) -> Forecaster:
        """Read, verify and open an artifact. Raises NotFound, Rejected or Unavailable."""
        ...


class ForecasterStore(Protocol):
    """Registered forecasters."""

    def shadow(self, *, trained_by: datetime) -> ServingModel | None:
        """The forecaster that entered the shadow last and learned nothing after the moment."""
        ...

    def register(self, model: RegisteredModel, *, now: datetime, reason: str) -> bool:
        """Add a forecaster, in the shadow; False where the very same is there. Raises Conflict."""
        ...
