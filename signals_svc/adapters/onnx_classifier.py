"""Opens classifiers from the lake and runs them in onnxruntime, one thread a session."""

import hashlib
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

from kernel.lake import Lake
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.artifact import Artifact, ArtifactCorrupt, artifact_of
from signals_svc.domain.calibration import tempered
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.ports.models import Classifier, ServingModel


class OnnxClassifier:
    """Port Classifier."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        try:
            self._session = open_session(artifact.onnx)
        except (Fail, InvalidGraph, InvalidProtobuf) as error:
            raise ArtifactCorrupt(artifact.version, str(error)) from error

    @property
    def version(self) -> str:
        """Its registered version."""
        return self._artifact.version

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


class LakeClassifiers:
    """Port ClassifierLoader: artifacts in the lake's zone `models`."""

    def __init__(self, lake: Callable[[], Lake]) -> None:
        self._lake = lake

    def load(self, model: ServingModel) -> Classifier:
        """Read, verify and open an artifact. Raises NotFound, Rejected or Unavailable."""
        body = self._lake().get("models", model.artifact_key)
        if hashlib.sha256(body).hexdigest() != model.sha256:
            raise ArtifactCorrupt(model.version, "its checksum is not the registered one")
        artifact = artifact_of(model.version, body)
        if artifact.inputs != NAMES:
            raise ArtifactCorrupt(model.version, "it wants other inputs than are computed")
        return OnnxClassifier(artifact)


class LakeArtifacts:
    """Port ArtifactStore: the lake's zone `models`."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def put(self, key: str, body: bytes) -> None:
        """Write one artifact whole. Raises Unavailable."""
        self._lake.put("models", key, body)


def open_session(onnx: bytes) -> ort.InferenceSession:
    """A session of one thread: several fight for the cores and are slower together."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def run_session(session: ort.InferenceSession, inputs: Singles) -> Floats:
    """Raw class probabilities, one row per row of inputs."""
    if not len(inputs):
        return np.empty((0, 3))
    _, chances = session.run(None, {session.get_inputs()[0].name: inputs})
    return np.asarray(chances, dtype=np.float64)
