"""A trained classifier as one sequence of bytes: the model, its words, its numbers."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kernel.errors import Rejected
from signals_svc.domain.conviction import ConvictionMap, LogisticMap

CARD, MODEL, PATHS = "card.json", "model.onnx", "paths.npy"
GRAPHS = ("onnx", "paths")
# One moment for every member, so that the same content is the same bytes.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArtifactCorrupt(Rejected):
    """The stored bytes are no classifier of ours."""

    def __init__(self, version: str, why: str) -> None:
        super().__init__(
            f"the artifact of {version} is unusable ({why}); promote another version or train again"
        )
        self.version = version


@dataclass(frozen=True)
class Artifact:
    """`inputs` name the columns of the model in order; `temperature` divides its log odds.

    `break_even` is the log return beyond which its labels are BUY and SELL; `reads` is the version
    whose forecasts are among its inputs.
    """

    version: str
    feature_version: str
    reads: str
    horizon_days: int
    break_even: float
    trained_through: str
    data_fingerprint: str
    inputs: tuple[str, ...]
    temperature: float
    conviction: ConvictionMap
    metrics: dict[str, Any]
    onnx: bytes
    paths: bytes  # of its trees' leaves: ONNX does not say how many rows fell into them

    def to_bytes(self) -> bytes:
        """The same artifact always gives the same bytes."""
        card = {name: value for name, value in self.__dict__.items() if name not in GRAPHS}
        card["conviction"] = asdict(self.conviction)
        return packed(card, {MODEL: self.onnx, PATHS: self.paths})


def packed(card: Mapping[str, Any], graphs: Mapping[str, bytes]) -> bytes:
    """A model's words and its graphs in one; the same content is the same bytes."""
    text = json.dumps(card, sort_keys=True, indent=1)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((CARD, text.encode()), *sorted(graphs.items())):
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content)
    return body.getvalue()


def unpacked(version: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What `packed` made. Raises ArtifactCorrupt for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            card = json.loads(archive.read(CARD))
            return card, {name: archive.read(name) for name in archive.namelist() if name != CARD}
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ArtifactCorrupt(version, str(error)) from error


def artifact_of(version: str, body: bytes) -> Artifact:
    """What `to_bytes` made. Raises ArtifactCorrupt for anything else."""
    card, graphs = unpacked(version, body)
    try:
        maps = {name: LogisticMap(**values) for name, values in card.pop("conviction").items()}
        inputs = tuple(card.pop("inputs"))
        return Artifact(
            **card,
            inputs=inputs,
            conviction=ConvictionMap(**maps),
            onnx=graphs[MODEL],
            paths=graphs[PATHS],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactCorrupt(version, str(error)) from error
