"""A contest of simple forecasts in onnxruntime: its quantile trees."""

import numpy as np
import onnxruntime as ort

from signals_svc.adapters.onnx_session import paths_of, session_of
from signals_svc.domain.analogues import Library, library_of
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.past_forecasts import PastForecasts, past_forecasts_of
from signals_svc.domain.tree_paths import contributions


class OnnxBaselines:
    """Port Baselines."""

    def __init__(self, artifact: BaselineArtifact) -> None:
        self._artifact = artifact
        self._trees = {
            horizon: [session_of(artifact.version, graph) for graph in graphs]
            for horizon, graphs in artifact.trees.items()
        }
        self._paths = {
            horizon: paths_of(artifact.version, body) for horizon, body in artifact.paths.items()
        }

    @property
    def version(self) -> str:
        """Its registered version, under which its trees speak."""
        return self._artifact.version

    @property
    def inputs_horizon_days(self) -> int:
        """Horizon of the forecast among the trees' inputs."""
        return self._artifact.inputs_horizon_days

    def best(self, horizon_days: int) -> str | None:
        """Name of the best baseline; None for a horizon it was not held for."""
        return self._artifact.best.get(str(horizon_days))

    def trees(self, inputs: Singles, horizon_days: int) -> Floats:
        """[n, 3] in spreads, in order, of a horizon they have learned."""
        return np.sort(run_trees(self._trees[str(horizon_days)], inputs), axis=1)

    def moved(self, inputs: Singles, horizon_days: int) -> Floats:
        """[n, F] in spreads: what each input moved the middle, of a horizon they have learned."""
        return contributions(self._paths[str(horizon_days)], inputs)[0]

    @property
    def learned(self) -> tuple[int, ...]:
        """Horizons of which its trees can speak, in days."""
        return tuple(sorted(map(int, self._trees)))

    @property
    def past(self) -> PastForecasts | None:
        """What its trees said of past weeks out of fold."""
        body = self._artifact.past
        return None if body is None else past_forecasts_of(body)

    @property
    def library(self) -> Library:
        """Cases of the past, to be found alike."""
        return library_of(self._artifact.analogues)


def run_trees(sessions: list[ort.InferenceSession], inputs: Singles) -> Floats:
    """[n, 3]: an answer a session, which may cross."""
    if not len(inputs):
        return np.empty((0, len(sessions)))
    said = [one.run(None, {one.get_inputs()[0].name: inputs})[0].reshape(-1) for one in sessions]
    return np.stack(said, axis=1).astype(np.float64)
