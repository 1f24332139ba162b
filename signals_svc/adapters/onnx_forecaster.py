"""A sequence forecaster in onnxruntime."""

import numpy as np
import onnxruntime as ort

from signals_svc.adapters.onnx_session import session_of
from signals_svc.domain.arrays import Floats
from signals_svc.domain.conformal import widened
from signals_svc.domain.forecast_model import at_horizons, spread_at
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.looked_at import LookedAt, looked_at
from signals_svc.domain.weekly import STEPS, Windows

WEIGHTS = ("past_weights", "ahead_weights", "fixed_weights", "attention")
CHUNK = 256  # rows a run: more were no faster and take more memory


class OnnxForecaster:
    """Port Forecaster."""

    def __init__(self, artifact: ForecasterArtifact) -> None:
        self._artifact = artifact
        self._session = session_of(artifact.version, artifact.onnx)

    @property
    def version(self) -> str:
        """Its registered version."""
        return self._artifact.version

    @property
    def passed(self) -> tuple[int, ...]:
        """Horizons it has earned, in days."""
        return self._artifact.passed

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

    def looked_at(self, windows: Windows) -> list[LookedAt | None]:
        """Shares of attention, an entry a window; None where a window has no spread."""
        rows = np.flatnonzero(np.isfinite(windows.spread).all(axis=1))
        found: list[LookedAt | None] = [None] * len(windows)
        for row, one in zip(rows, run_looked_at(self._session, windows.of(rows)), strict=True):
            found[row] = one
        return found


def run_forecaster(session: ort.InferenceSession, windows: Windows) -> Floats:
    """[n, STEPS, 3] in spreads, in chunks."""
    return _run(session, windows, ["answers"])[0].reshape(-1, STEPS, 3)


def run_looked_at(session: ort.InferenceSession, windows: Windows) -> list[LookedAt]:
    """An entry a window."""
    shares = _run(session, windows, list(WEIGHTS))
    return [
        looked_at(*(share[row] for share in shares), weeks=int(weeks))
        for row, weeks in enumerate(windows.lengths)
    ]


def _run(session: ort.InferenceSession, windows: Windows, outputs: list[str]) -> list[Floats]:
    parts = []
    for begin in range(0, len(windows), CHUNK):
        part = windows.of(np.arange(begin, min(begin + CHUNK, len(windows))))
        told = {name: getattr(part, name) for name in ("past", "ahead", "fixed", "lengths")}
        parts.append(session.run(outputs, told))
    if not parts:
        return [np.empty(0) for _ in outputs]
    return [np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True)]
