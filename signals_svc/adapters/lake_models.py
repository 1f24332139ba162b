"""Artifacts of every family in the lake's zone `models`: written whole, read with their checksum.

Nothing is kept between two loads: who retires a version is obeyed by the next load.
"""

import hashlib
from collections.abc import Callable

from kernel.errors import NotFound
from kernel.lake import Lake
from signals_svc.adapters.onnx_classifier import OnnxClassifier
from signals_svc.adapters.onnx_forecaster import OnnxForecaster
from signals_svc.adapters.onnx_quantile_trees import OnnxBaselines
from signals_svc.domain.artifact import ArtifactCorrupt, artifact_of
from signals_svc.domain.baseline_artifact import baseline_artifact_of
from signals_svc.domain.classifier_inputs import CLASSIFIER_NAMES, NAMES
from signals_svc.domain.forecaster_artifact import forecaster_artifact_of
from signals_svc.ports.forecasters import Baselines, Forecaster
from signals_svc.ports.models import Classifier, ServingModel


class LakeModels:
    """Ports ArtifactStore, ClassifierLoader, ForecasterLoader and BaselinesLoader."""

    def __init__(self, lake: Callable[[], Lake]) -> None:
        self._lake = lake

    def put(self, key: str, body: bytes) -> None:
        """Write one artifact whole. Raises Unavailable."""
        self._lake().put("models", key, body)

    def checksum(self, key: str) -> str | None:
        """SHA-256 of what lies there now; None for nothing. Raises Unavailable."""
        try:
            return hashlib.sha256(self._lake().get("models", key)).hexdigest()
        except NotFound:
            return None

    def load(self, model: ServingModel) -> Classifier:
        """Read, verify and open a classifier. Raises ArtifactCorrupt or Unavailable."""
        artifact = artifact_of(model.version, self._body(model))
        if artifact.inputs != CLASSIFIER_NAMES:
            raise ArtifactCorrupt(model.version, "it wants other inputs than are computed")
        return OnnxClassifier(artifact)

    def load_forecaster(self, model: ServingModel) -> Forecaster:
        """Read, verify and open a forecaster. Raises ArtifactCorrupt or Unavailable."""
        return OnnxForecaster(forecaster_artifact_of(model.version, self._body(model)))

    def load_baselines(self, model: ServingModel) -> Baselines:
        """Read, verify and open a contest. Raises ArtifactCorrupt or Unavailable."""
        artifact = baseline_artifact_of(model.version, self._body(model))
        if artifact.inputs != NAMES:
            raise ArtifactCorrupt(model.version, "it wants other inputs than are computed")
        return OnnxBaselines(artifact)

    def _body(self, model: ServingModel) -> bytes:
        try:
            body = self._lake().get("models", model.artifact_key)
        except NotFound as error:
            raise ArtifactCorrupt(model.version, str(error)) from error
        if hashlib.sha256(body).hexdigest() != model.sha256:
            raise ArtifactCorrupt(model.version, "its checksum is not the registered one")
        return body
