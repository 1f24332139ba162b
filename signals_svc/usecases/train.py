"""Reads what a training may know, and registers what came of it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from signals_svc.domain.acceptance import Verdict
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.model_card.cards import baseline_card, classifier_card, forecaster_card
from signals_svc.domain.model_card.html import card_html
from signals_svc.domain.model_card.markdown import card_markdown, plot_files
from signals_svc.domain.model_card.parts import Card
from signals_svc.domain.seen_inputs import NOTHING_SEEN, Seen, as_stored
from signals_svc.ports.models import (
    ArtifactStore,
    Decision,
    Family,
    RegisteredModel,
    ServingModel,
)
from signals_svc.ports.stores import Stores
from signals_svc.usecases.learn import Candidate, History
from signals_svc.usecases.promote import UnknownModel, mark_alive

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


class SomeArtifact(Protocol):
    """What every family's artifact has."""

    @property
    def version(self) -> str:
        """Names it for ever."""
        ...

    @property
    def feature_version(self) -> str:
        """Features it was trained on."""
        ...

    @property
    def trained_through(self) -> str:
        """Moment after which it learned nothing, ISO 8601."""
        ...

    @property
    def metrics(self) -> dict[str, Any]:
        """How it was judged."""
        ...

    def to_bytes(self) -> bytes:
        """The same artifact always gives the same bytes."""
        ...


def read_history(stores: Stores, *, known_until: date) -> History:
    """Every version of every bar; what is computed from it needs no transaction."""
    versions = stores.prices.versions(first=HISTORY_START, last=known_until)
    return History(known_until, versions, stores.prices.catalog())


def register(
    stores: Stores, candidate: Candidate, *, artifacts: ArtifactStore, now: datetime
) -> Trained:
    """A new classifier is heard every night from now on, in the shadow, whatever its verdict."""
    verdict = candidate.verdict
    first = Decision("shadow", verdict.words)
    card = classifier_card(candidate.artifact)
    new = _register(
        stores, "classifier", candidate.artifact, card, first, artifacts, now, candidate.seen
    )
    return Trained(
        version=candidate.artifact.version,
        verdict=verdict,
        rows=candidate.rows,
        weeks=len(candidate.days),
        first_day=candidate.days[0],
        last_day=candidate.days[-1],
        new=new,
    )


def register_forecaster(
    stores: Stores,
    artifact: ForecasterArtifact,
    *,
    artifacts: ArtifactStore,
    now: datetime,
    seen: Seen,
) -> bool:
    """A new forecaster is heard every night from now on, in the shadow, whatever its verdict."""
    first = Decision("shadow", artifact.metrics["verdict"])
    card = forecaster_card(artifact)
    return _register(stores, "tft", artifact, card, first, artifacts, now, seen)


def register_baselines(
    stores: Stores,
    artifact: BaselineArtifact,
    *,
    artifacts: ArtifactStore,
    now: datetime,
    seen: Seen,
) -> tuple[bool, int]:
    """Whether it is new, and how many instruments get new signals.

    Something has to be said of a horizon that nobody has earned: the newest contest says at once
    by whom. While a figure of everybody is out of its bounds it waits in staging, and the one
    before goes on.
    """
    paused = stores.monitoring.standing(artifact.version)
    first = Decision("production", artifact.metrics["verdict"])
    if paused:
        first = Decision("staging", f"promotions are paused: {'; '.join(paused)}")
    card = baseline_card(artifact)
    new = _register(stores, "baseline", artifact, card, first, artifacts, now, seen)
    as_of = stores.signals.latest_night()
    if not new or paused or as_of is None:
        return new, 0
    return new, mark_alive(stores, as_of)


def register_silent(
    stores: Stores, artifact: BaselineArtifact, *, artifacts: ArtifactStore, now: datetime
) -> ServingModel:
    """A contest that no night listens to: it speaks where the past is walked through again."""
    first = Decision("staging", "speaks in replays alone")
    _register(stores, "baseline", artifact, baseline_card(artifact), first, artifacts, now)
    there = stores.models.registered(artifact.version)
    if there is None:
        raise UnknownModel(artifact.version)
    return there.serving


def _register(
    stores: Stores,
    family: Family,
    artifact: SomeArtifact,
    card: Card,
    first: Decision,
    artifacts: ArtifactStore,
    now: datetime,
    seen: Seen = NOTHING_SEEN,
) -> bool:
    """The row of the version is written first, so that two trainings cannot share one; the
    artifact follows before the commit, so that no version is half there.
    """
    body = artifact.to_bytes()
    serving = ServingModel(
        version=artifact.version,
        trained_through=datetime.fromisoformat(artifact.trained_through),
        feature_version=artifact.feature_version,
        artifact_key=f"{FOLDERS[family]}/{artifact.version}.zip",
        sha256=hashlib.sha256(body).hexdigest(),
    )
    registered = RegisteredModel(serving, artifact.metrics, as_stored(seen))
    new = stores.models.register(family, registered, now=now)
    if new:
        artifacts.put(serving.artifact_key, body)
        for name, text in card_files(card).items():
            artifacts.put(f"{FOLDERS[family]}/{name}", text.encode())
        stores.models.decide(artifact.version, first, now=now)
    return new


def card_files(card: Card) -> dict[str, str]:
    """The model card beside the artifact: a page, a text, and the plots of the text."""
    return {
        f"{card.version}.html": card_html(card),
        f"{card.version}.md": card_markdown(card),
        **plot_files(card),
    }


FOLDERS: dict[Family, str] = {
    "classifier": "classifier",
    "tft": "forecaster",
    "baseline": "baseline",
}
