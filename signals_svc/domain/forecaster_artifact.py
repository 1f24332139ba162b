"""A trained forecaster as one sequence of bytes: the graph, its words, its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signals_svc.domain.artifact import MODEL, ArtifactCorrupt, packed, unpacked
from signals_svc.domain.conformal import Margins
from signals_svc.domain.past_forecasts import PAST_FILE
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, STEPS, WEEKS

# What the graph was exported for; another release may lay its windows out otherwise.
LAYOUT: Mapping[str, Any] = {
    "past": list(PAST),
    "ahead": list(AHEAD),
    "fixed": list(FIXED),
    "weeks": WEEKS,
    "steps": STEPS,
}


@dataclass(frozen=True)
class ForecasterArtifact:
    """`margins` by horizon in days, as text: how many spreads each side of the band moves."""

    version: str
    feature_version: str
    margins: Mapping[str, Margins]
    trained_through: str
    data_fingerprint: str
    metrics: dict[str, Any]
    onnx: bytes
    past: bytes | None = None  # what it said out of fold

    @property
    def passed(self) -> tuple[int, ...]:
        """Horizons it has earned out of fold: of these alone anybody may be told."""
        return tuple(self.metrics["passed"])

    def to_bytes(self) -> bytes:
        """The same artifact always gives the same bytes."""
        card = {
            name: value for name, value in self.__dict__.items() if name not in ("onnx", "past")
        }
        past = {} if self.past is None else {PAST_FILE: self.past}
        return packed(card | {"layout": LAYOUT}, {MODEL: self.onnx, **past})


def forecaster_artifact_of(version: str, body: bytes) -> ForecasterArtifact:
    """What `to_bytes` made. Raises ArtifactCorrupt for anything else."""
    card, graphs = unpacked(version, body)
    try:
        if card.pop("layout") != LAYOUT:
            raise ArtifactCorrupt(version, "it wants other windows than are computed")
        margins = {horizon: (low, high) for horizon, (low, high) in card.pop("margins").items()}
        return ForecasterArtifact(
            **card, margins=margins, onnx=graphs[MODEL], past=graphs.get(PAST_FILE)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactCorrupt(version, str(error)) from error
