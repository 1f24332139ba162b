"""Puts an accepted classifier into production and asks for signals that speak with it."""

from dataclasses import dataclass
from datetime import date, datetime

from kernel.errors import Conflict, NotFound
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.series import LOOKBACK_DAYS, series_in_use
from signals_svc.ports.stores import Stores


class UnknownModel(NotFound):
    """No such classifier is registered."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no classifier {version} is registered; `job train` prints its version")
        self.version = version


class ModelNotAccepted(Conflict):
    """The classifier did not beat the class prior out of fold."""

    def __init__(self, version: str, verdict: str) -> None:
        super().__init__(f"{version} was rejected and stays out of production: {verdict}")
        self.version = version


class ModelOutdated(Conflict):
    """The classifier was trained on other features than are computed now."""

    def __init__(self, version: str, feature_version: str) -> None:
        super().__init__(
            f"{version} wants features {feature_version}, this release computes"
            f" {FEATURE_VERSION}; train again"
        )
        self.version = version


@dataclass(frozen=True)
class Promoted:
    """What came of a promotion; `marked` instruments get new signals in the next run."""

    version: str
    new: bool
    as_of: date | None
    marked: int


def promote(stores: Stores, version: str, *, now: datetime) -> Promoted:
    """Raises UnknownModel, ModelNotAccepted or ModelOutdated. Promoting again changes nothing."""
    model = stores.models.classifier(version)
    if model is None:
        raise UnknownModel(version)
    if not model.metrics["accepted"]:
        raise ModelNotAccepted(version, model.metrics["verdict"])
    if model.serving.feature_version != FEATURE_VERSION:
        raise ModelOutdated(version, model.serving.feature_version)
    serving = stores.models.production()
    as_of = stores.signals.latest_night()
    if serving is not None and serving.version == version:
        return Promoted(version, new=False, as_of=as_of, marked=0)
    stores.models.decide(version, stage="production", now=now, reason=model.metrics["verdict"])
    marked = 0 if as_of is None else _mark_alive(stores, as_of)
    return Promoted(version, new=True, as_of=as_of, marked=marked)


def _mark_alive(stores: Stores, as_of: date) -> int:
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    series = series_in_use(bars, as_of)
    alive = {bars.instruments[slot] for slot in series.slots[series.alive]}
    return stores.dirty.mark(alive, as_of=as_of)
