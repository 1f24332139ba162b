"""Registered models as people look at them. Frozen values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

DAG_ID, TASK = "dag_models", "promote"
ID_SIGNS = 16  # of a SHA-256


@dataclass(frozen=True)
class Model:
    """A version and where in its life it is. `speaks`: it is told, or told of some cards, now."""

    model_version: str
    family: str
    stage: str
    canary_percent: int | None
    since: datetime
    speaks: bool
    trained_through: datetime
    feature_version: str
    nights_heard: int
    verdict: str


@dataclass(frozen=True)
class StageChange:
    """One row of a version's history."""

    stage: str
    canary_percent: int | None
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True)
class ModelPage:
    """A version with its history, its numbers, and where its files lie."""

    model: Model
    history: tuple[StageChange, ...]
    metrics: Mapping[str, Any]
    artifact_key: str
    sha256: str

    @property
    def card_keys(self) -> tuple[str, str]:
        """The model card beside the artifact, as HTML and as Markdown."""
        stem = self.artifact_key.removesuffix(".zip")
        return f"{stem}.html", f"{stem}.md"


@dataclass(frozen=True)
class HorizonApart:
    """How far two versions were apart at a horizon, over the nights that both are stored of."""

    horizon_days: int
    nights: int
    rows: int
    first_night: date
    last_night: date
    mean_apart: float
    same_side: float


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side: numbers that both have, and what they said of the same nights."""

    one: Model
    other: Model
    figures: Mapping[str, tuple[float, float]]
    apart: tuple[HorizonApart, ...]


@dataclass(frozen=True)
class StageWish:
    """A change of stage that somebody asks for; the next stage where `to` is None."""

    model_version: str
    to: str | None
    percent: int | None
    actor: str
    reason: str

    def conf(self) -> dict[str, Any]:
        """The parameters of the DAG."""
        names = ("model_version", "to", "percent", "actor", "reason")
        return {name: getattr(self, name) for name in names}

    def run_id(self, since: datetime) -> str:
        """Derived from all that is asked and the version's newest change of stage, so that asking
        twice starts one run, and asking again after something changed another.
        """
        told = json.dumps(self.conf() | {"since": since.isoformat()}, sort_keys=True)
        return f"models-{hashlib.sha256(told.encode()).hexdigest()[:ID_SIGNS]}"


@dataclass(frozen=True)
class StageProgress:
    """How far a change is; `refused` is what the job said if it failed."""

    run_id: str
    state: str
    outcome: Mapping[str, Any]
    refused: str | None


def shared_figures(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """Numbers that both have under the same name, in order of their names."""
    ours, theirs = dict(_numbers("", one)), dict(_numbers("", other))
    return {name: (ours[name], theirs[name]) for name in sorted(ours.keys() & theirs.keys())}


def _numbers(before: str, value: object) -> list[tuple[str, float]]:
    if isinstance(value, Mapping):
        return [
            found
            for key, inner in value.items()
            for found in _numbers(f"{before}.{key}" if before else str(key), inner)
        ]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [(before, float(value))]
    return []
