"""Opens forecasters from the lake and runs them in onnxruntime, one thread a session."""

import hashlib
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

from kernel.lake import Lake
from signals_svc.adapters.onnx_classifier import open_session
from signals_svc.domain.arrays import Floats
from signals_svc.domain.artifact import ArtifactCorrupt
from signals_svc.domain.conformal import widened
from signals_svc.domain.forecast_model import at_horizons, spread_at
from signals_svc.domain.forecaster_artifact import ForecasterArtifact, forecaster_artifact_of
from signals_svc.domain.weekly import STEPS, Windows
from signals_svc.ports.forecasters import Forecaster
from signals_svc.ports.models import ServingModel

CHUNK = 256  # rows a run: more were no faster and take more memory


class OnnxForecaster:
    """Port Forecaster."""

    def __init__(self, artifact: ForecasterArtifact) -> None:
        self._artifact = artifact
        try:
            self._session = open_session(artifact.onnx)
        except (Fail, InvalidGraph, InvalidProtobuf) as error:
            raise ArtifactCorrupt(artifact.version, str(error)) from error

    @property
    def version(self) -> str:
        """Its registered version."""
        return self._artifact.version

    def quantiles(self, windows: Windows, horizons: tuple[int, ...]) -> Floats:
        """[n, H, 3] of the log return; NaN where a window has no spread."""
        said = np.full((len(windows), len(horizons), 3), np.nan)
        rows = np.flatnonzero(np.isfinite(windows.spread).all(axis=1))
        sound = windows.of(rows)
        told = at_horizons(run_forecaster(self._session, sound), sound.spread, horizons)
        spread = spread_at(sound.spread, horizons)
        for at, horizon in enumerate(horizons):
            margins = self._artifact.margins.get(str(horizon))
            if margins is not None:
                told[:, at] = widened(told[:, at], spread[:, at], margins)
        said[rows] = told
        return said


class LakeForecasters:
    """Port ForecasterLoader: artifacts in the lake's zone `models`."""

    def __init__(self, lake: Callable[[], Lake]) -> None:
        self._lake = lake

    def load_forecaster(self, model: ServingModel) -> Forecaster:
        """Read, verify and open an artifact. Raises NotFound, Rejected or Unavailable."""
        body = self._lake().get("models", model.artifact_key)
        if hashlib.sha256(body).hexdigest() != model.sha256:
            raise ArtifactCorrupt(model.version, "its checksum is not the registered one")
        return OnnxForecaster(forecaster_artifact_of(model.version, body))


def run_forecaster(session: ort.InferenceSession, windows: Windows) -> Floats:
    """[n, STEPS, 3] in spreads, in chunks."""
    parts = [np.empty((0, STEPS, 3))]
    for begin in range(0, len(windows), CHUNK):
        part = windows.of(np.arange(begin, min(begin + CHUNK, len(windows))))
        told = {name: getattr(part, name) for name in ("past", "ahead", "fixed", "lengths")}
        parts.append(session.run(["answers"], told)[0])
    return np.concatenate(parts).astype(np.float64)
