"""A sequence forecaster in onnxruntime."""

import numpy as np
import onnxruntime as ort

from signals_svc.adapters.onnx_session import session_of
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.conformal import widened
from signals_svc.domain.forecast_model import at_horizons, spread_at
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.looked_at import LookedAt, looked_at
from signals_svc.domain.past_forecasts import PastForecasts, past_forecasts_of
from signals_svc.domain.weekly import STEPS, Windows
from signals_svc.ports.forecasters import Heard

ATTENTION = "attention"
WEIGHTS = ("past_weights", "ahead_weights", "fixed_weights", ATTENTION)
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

    @property
    def past(self) -> PastForecasts | None:
        """What it said of past weeks out of fold."""
        body = self._artifact.past
        return None if body is None else past_forecasts_of(body)

    def hear(self, windows: Windows, horizons: tuple[int, ...], *, looking: bool) -> Heard:
        """In one run, what it says and what it looked at."""
        rows = np.flatnonzero(np.isfinite(windows.spread).all(axis=1))
        sound = windows if len(rows) == len(windows) else windows.of(rows)
        answers, *shares = _run(
            self._session, sound, ["answers", *WEIGHTS] if looking else ["answers"]
        )
        said = np.full((len(windows), len(horizons), 3), np.nan)
        said[rows] = self._quantiles(answers, sound.spread, horizons)
        places = {int(row): place for place, row in enumerate(rows)}

        def looked(row: int) -> LookedAt | None:
            place = places.get(row)
            if place is None or not looking:
                return None
            return _looked_at(shares, sound.lengths, place)

        return Heard(said, looked)

    def _quantiles(self, answers: Floats, spreads: Floats, horizons: tuple[int, ...]) -> Floats:
        told = at_horizons(answers.reshape(-1, STEPS, 3), spreads, horizons)
        spread = spread_at(spreads, horizons)
        for at, horizon in enumerate(horizons):
            margins = self._artifact.margins.get(str(horizon))
            if margins is not None:
                told[:, at] = widened(told[:, at], spread[:, at], margins)
        return told


def run_forecaster(session: ort.InferenceSession, windows: Windows) -> Floats:
    """[n, STEPS, 3] in spreads, in chunks."""
    return _run(session, windows, ["answers"])[0].reshape(-1, STEPS, 3)


def run_looked_at(session: ort.InferenceSession, windows: Windows) -> list[LookedAt]:
    """An entry a window."""
    shares = _run(session, windows, list(WEIGHTS))
    return [_looked_at(shares, windows.lengths, place) for place in range(len(windows))]


def _looked_at(shares: list[Floats], lengths: Ints, place: int) -> LookedAt:
    return looked_at(*(share[place] for share in shares), weeks=int(lengths[place]))


def _run(session: ort.InferenceSession, windows: Windows, outputs: list[str]) -> list[Floats]:
    """An array an output, in chunks; of attention the mean over the steps."""
    parts = []
    for begin in range(0, len(windows), CHUNK):
        part = windows
        if len(windows) > CHUNK:
            part = windows.of(np.arange(begin, min(begin + CHUNK, len(windows))))
        told = {name: getattr(part, name) for name in ("past", "ahead", "fixed", "lengths")}
        given = zip(outputs, session.run(outputs, told), strict=True)
        parts.append(
            [
                one.mean(axis=1, dtype=np.float64) if name == ATTENTION else one
                for name, one in given
            ]
        )
    if not parts:
        return [np.empty(0) for _ in outputs]
    return [np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True)]
