"""Reads what a training may know, and registers what came of it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from signals_svc.domain.acceptance import Verdict
from signals_svc.domain.artifact import Artifact
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.ports.models import ArtifactStore, RegisteredModel, ServingModel
from signals_svc.ports.stores import Stores
from signals_svc.usecases.learn import Candidate, History

HISTORY_START = date(2000, 1, 1)  # before any price of a card that a marketplace keeps


@dataclass(frozen=True)
class Trained:
    """A registered candidate and how it was judged."""

    version: str
    verdict: Verdict
    rows: int
    weeks: int
    first_day: date
    last_day: date
    new: bool


def read_history(stores: Stores, *, known_until: date) -> History:
    """Every version of every bar; what is computed from it needs no transaction."""
    versions = stores.prices.versions(first=HISTORY_START, last=known_until)
    return History(known_until, versions, stores.prices.catalog())


def register(
    stores: Stores, candidate: Candidate, *, artifacts: ArtifactStore, now: datetime
) -> Trained:
    """The row of the version is written first, so that two trainings cannot share one; the
    artifact follows before the commit, so that no version is half there.
    """
    new = _register(stores, candidate.artifact, artifacts, candidate.verdict, now)
    return Trained(
        version=candidate.artifact.version,
        verdict=candidate.verdict,
        rows=candidate.rows,
        weeks=len(candidate.days),
        first_day=candidate.days[0],
        last_day=candidate.days[-1],
        new=new,
    )


def _register(
    stores: Stores, artifact: Artifact, artifacts: ArtifactStore, verdict: Verdict, now: datetime
) -> bool:
    body = artifact.to_bytes()
    serving = ServingModel(
        version=artifact.version,
        trained_through=datetime.fromisoformat(artifact.trained_through),
        feature_version=artifact.feature_version,
        artifact_key=f"classifier/{artifact.version}.zip",
        sha256=hashlib.sha256(body).hexdigest(),
    )
    new = stores.models.register(RegisteredModel(serving, artifact.metrics), now=now)
    if new:
        artifacts.put(serving.artifact_key, body)
        if not verdict.accepted:
            stores.models.decide(artifact.version, stage="rejected", now=now, reason=verdict.words)
    return new


def register_forecaster(
    stores: Stores, artifact: ForecasterArtifact, *, artifacts: ArtifactStore, now: datetime
) -> bool:
    """As `register`. A new forecaster speaks every night from now on, in the shadow."""
    body = artifact.to_bytes()
    serving = ServingModel(
        version=artifact.version,
        trained_through=datetime.fromisoformat(artifact.trained_through),
        feature_version=artifact.feature_version,
        artifact_key=f"forecaster/{artifact.version}.zip",
        sha256=hashlib.sha256(body).hexdigest(),
    )
    model = RegisteredModel(serving, artifact.metrics)
    new = stores.forecasters.register(model, now=now, reason=artifact.metrics["verdict"])
    if new:
        artifacts.put(serving.artifact_key, body)
    return new
