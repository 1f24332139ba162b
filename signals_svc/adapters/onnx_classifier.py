"""A classifier in onnxruntime."""

import numpy as np
import onnxruntime as ort

from signals_svc.adapters.onnx_session import paths_of, session_of
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.artifact import Artifact
from signals_svc.domain.calibration import tempered
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.tree_paths import contributions


class OnnxClassifier:
    """Port Classifier."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._session = session_of(artifact.version, artifact.onnx)
        self._paths = paths_of(artifact.version, artifact.paths)

    @property
    def version(self) -> str:
        """Its registered version."""
        return self._artifact.version

    @property
    def reads(self) -> str:
        """The version whose forecasts are among its inputs."""
        return self._artifact.reads

    @property
    def horizon_days(self) -> int:
        """The one horizon it speaks about."""
        return self._artifact.horizon_days

    @property
    def break_even(self) -> float:
        """The log return beyond which its labels are BUY and SELL."""
        return self._artifact.break_even

    @property
    def conviction(self) -> ConvictionMap:
        """Fitted on its out-of-fold predictions."""
        return self._artifact.conviction

    def chances(self, inputs: Singles) -> Floats:
        """Calibrated P(BUY), P(HOLD), P(SELL), one row per row of inputs."""
        return tempered(run_session(self._session, inputs), self._artifact.temperature)

    def moved(self, inputs: Singles) -> Floats:
        """[n, F]: what each input moved the log odds of BUY over SELL."""
        return contributions(self._paths, inputs)[0] / self._artifact.temperature


def run_session(session: ort.InferenceSession, inputs: Singles) -> Floats:
    """Raw class probabilities, one row per row of inputs."""
    if not len(inputs):
        return np.empty((0, 3))
    _, chances = session.run(None, {session.get_inputs()[0].name: inputs})
    return np.asarray(chances, dtype=np.float64)
