"""Sequence forecasters: what trains them, what serves them, the trees they have to beat."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from signals_svc.domain.analogues import Library
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.looked_at import LookedAt
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.domain.tree_paths import TreePaths
from signals_svc.domain.weekly import Windows
from signals_svc.ports.models import ServingModel


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

    def looked_at(self, onnx: bytes, windows: Windows) -> dict[str, float]:
        """Mean share of attention that each input and each past week got, by name."""
        ...


class ForecastTrainer(Protocol):
    """Fits sequence forecasters."""

    def fit(
        self, windows: Windows, targets: Floats, *, train: Ints, check: Ints
    ) -> TrainedForecaster:
        """From the rows `train`, stopped early by the rows `check`. `targets` are log returns a
        step, NaN where none was seen. The same rows give the same model."""
        ...


class TrainedTrees(Protocol):
    """Boosted trees of one horizon in the runtime they were trained in."""

    def answers(self, inputs: Singles) -> Floats:
        """[n, 3]: quantiles in spreads, which may cross."""
        ...

    def to_onnx(self) -> tuple[bytes, ...]:
        """The same trees for the serving runtime, a graph a quantile."""
        ...

    def parity(self, onnx: tuple[bytes, ...], inputs: Singles) -> float:
        """Largest difference of an answer between these trees and their export."""
        ...

    def importance(self) -> Floats:
        """Share of all that the splits gained, an entry an input."""
        ...

    def middle_paths(self) -> TreePaths:
        """Leaves of the middle quantile."""
        ...


class QuantileTrees(Protocol):
    """Boosted trees that answer quantiles: the baseline that reads features."""

    def fit(self, inputs: Singles, units: Floats) -> TrainedTrees:
        """Learn `units` (outcomes in spreads) from `inputs`. The same rows give the same trees."""
        ...


class Heard(NamedTuple):
    """`quantiles` [n, H, 3] of the log return, NaN where a window has no spread; `looked_at` tells
    the shares of attention of one window, None where it has no spread or nobody asked.
    """

    quantiles: Floats
    looked_at: Callable[[int], LookedAt | None]


class Forecaster(Protocol):
    """A loaded forecaster."""

    @property
    def version(self) -> str:
        """Its registered version."""
        ...

    @property
    def passed(self) -> tuple[int, ...]:
        """Horizons it has earned, in days."""
        ...

    @property
    def past(self) -> PastForecasts | None:
        """What it said of past weeks out of fold; None where that was not kept."""
        ...

    def hear(self, windows: Windows, horizons: tuple[int, ...], *, looking: bool) -> Heard:
        """What it says of every window and, if asked, what it looked at."""
        ...


class ForecasterLoader(Protocol):
    """Artifacts of forecasters."""

    def load_forecaster(self, model: ServingModel) -> Forecaster:
        """Read, verify and open an artifact. Raises Rejected or Unavailable."""
        ...


class Baselines(Protocol):
    """A loaded contest: which simple forecast is the best at each horizon, and its trees."""

    @property
    def version(self) -> str:
        """Its registered version, under which its trees speak."""
        ...

    @property
    def inputs_horizon_days(self) -> int:
        """Horizon of the forecast among the trees' inputs."""
        ...

    def best(self, horizon_days: int) -> str | None:
        """Name of the best baseline; None for a horizon it was not held for."""
        ...

    @property
    def learned(self) -> tuple[int, ...]:
        """Horizons of which its trees can speak, in days."""
        ...

    @property
    def past(self) -> PastForecasts | None:
        """What its trees said of past weeks out of fold; None where that was not kept."""
        ...

    def trees(self, inputs: Singles, horizon_days: int) -> Floats:
        """[n, 3] in spreads, in order, of a horizon they have learned."""
        ...

    def moved(self, inputs: Singles, horizon_days: int) -> Floats:
        """[n, F] in spreads: what each input moved the middle, of a horizon they have learned."""
        ...

    @property
    def library(self) -> Library:
        """Cases of the past, to be found alike."""
        ...


class BaselinesLoader(Protocol):
    """Artifacts of contests."""

    def load_baselines(self, model: ServingModel) -> Baselines:
        """Read, verify and open an artifact. Raises Rejected or Unavailable."""
        ...
