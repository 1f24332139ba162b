"""A contest of simple forecasts as one sequence of bytes: who is best where, and the trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signals_svc.domain.artifact import PATHS, ArtifactCorrupt, packed, unpacked
from signals_svc.domain.past_forecasts import PAST_FILE

TREE_FILES = ("q10.onnx", "q50.onnx", "q90.onnx")
ANALOGUES = "analogues.npy"
MEMBERS = ("trees", "paths", "analogues", "past")


@dataclass(frozen=True)
class BaselineArtifact:
    """`best` by horizon in days, as text; `trees` a graph a quantile where they are heard.

    `past` is what they said out of fold; None of a contest that no classifier learns from.
    """

    version: str
    feature_version: str
    best: Mapping[str, str]
    inputs: tuple[str, ...]
    inputs_horizon_days: int  # of the forecast among the inputs
    trained_through: str
    data_fingerprint: str
    metrics: dict[str, Any]
    trees: Mapping[str, tuple[bytes, ...]]
    paths: Mapping[str, bytes]  # of the leaves of the middle quantile's trees
    analogues: bytes
    past: bytes | None = None

    def to_bytes(self) -> bytes:
        """The same artifact always gives the same bytes."""
        card = {name: value for name, value in self.__dict__.items() if name not in MEMBERS}
        graphs = {
            f"{horizon}/{file}": graph
            for horizon, graphs in self.trees.items()
            for file, graph in zip(TREE_FILES, graphs, strict=True)
        }
        paths = {f"{horizon}/{PATHS}": body for horizon, body in self.paths.items()}
        past = {} if self.past is None else {PAST_FILE: self.past}
        return packed(card, {**graphs, **paths, ANALOGUES: self.analogues, **past})


def baseline_artifact_of(version: str, body: bytes) -> BaselineArtifact:
    """What `to_bytes` made. Raises ArtifactCorrupt for anything else."""
    card, graphs = unpacked(version, body)
    try:
        analogues, past = graphs.pop(ANALOGUES), graphs.pop(PAST_FILE, None)
        horizons = sorted({name.split("/")[0] for name in graphs})
        return BaselineArtifact(
            **card | {"inputs": tuple(card["inputs"])},
            trees={one: tuple(graphs[f"{one}/{file}"] for file in TREE_FILES) for one in horizons},
            paths={one: graphs[f"{one}/{PATHS}"] for one in horizons},
            analogues=analogues,
            past=past,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactCorrupt(version, str(error)) from error
