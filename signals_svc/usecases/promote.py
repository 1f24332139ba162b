"""Moves a version through its life, and asks for signals by whoever speaks from then on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.errors import Conflict, NotFound
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.series import LOOKBACK_DAYS, series_in_use
from signals_svc.domain.stages import (
    DEFAULT_CANARY_PERCENT,
    NEXT,
    SHADOW_NIGHTS,
    SPEAKS,
    TOLD,
    Stage,
    follows,
)
from signals_svc.ports.models import Decision, ModelInStage
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores

MEASURED_WITHIN = timedelta(days=2)  # of the newest night with signals; a run may fail once


class UnknownModel(NotFound):
    """No such version is registered."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no model {version} is registered; `pricer models list` names them")
        self.version = version


class ModelNotAccepted(Conflict):
    """The version did not pass its gate out of fold."""

    def __init__(self, version: str, verdict: str) -> None:
        super().__init__(f"{version} did not pass its gate and stays out of production: {verdict}")
        self.version = version


class ModelOutdated(Conflict):
    """The version was trained on other features than are computed now."""

    def __init__(self, version: str, feature_version: str) -> None:
        super().__init__(
            f"{version} wants features {feature_version}, this release computes"
            f" {FEATURE_VERSION}; train again"
        )
        self.version = version


class StageSkipped(Conflict):
    """A version may not enter that stage from where it is."""

    def __init__(self, version: str, stage: Stage, to: Stage) -> None:
        after = NEXT.get(stage)
        may = f"the next stage is {after}" if after else "`rollback` takes it out"
        super().__init__(f"{version} is in {stage} and may not enter {to}: {may}")
        self.version = version


class StillUnheard(Conflict):
    """The version has not been heard in the shadow for long enough."""

    def __init__(self, version: str, nights: int) -> None:
        super().__init__(
            f"{version} was heard in the shadow on {nights} of {SHADOW_NIGHTS} nights;"
            f" wait for {SHADOW_NIGHTS - nights} more"
        )
        self.version, self.nights = version, nights


class PromotionPaused(Conflict):
    """What is watched left its bounds."""

    def __init__(self, version: str, why: Sequence[str]) -> None:
        super().__init__(
            f"promotions of {version} are paused until the next night is within its bounds:"
            f" {'; '.join(why)}"
        )
        self.version, self.why = version, tuple(why)


class Unmeasured(Conflict):
    """Nobody looked at what the version reads."""

    def __init__(self, version: str, night: date | None) -> None:
        when = f"since the night of {night}" if night else "on the newest night that was measured"
        super().__init__(
            f"what {version} reads was not measured {when}, so nothing says that it is what it"
            " learned from: `dag_monitor` measures every night, of each stage the version that"
            " entered it last; retire the one that took its place"
        )
        self.version, self.night = version, night


@dataclass(frozen=True)
class Moved:
    """What came of it; `marked` instruments get new signals in the next run."""

    version: str
    stage: Stage
    new: bool
    as_of: date | None
    marked: int


@dataclass(frozen=True)
class Asked:
    """Who asks for a change of stage and why; the next stage where none is named."""

    to: Stage | None = None
    canary_percent: int | None = None
    actor: str | None = None
    reason: str = "asked for"


def promote(
    stores: Stores, version: str, asked: Asked, *, loaders: Loaders, now: datetime
) -> Moved:
    """Raises UnknownModel, ModelNotAccepted, ModelOutdated, StageSkipped, StillUnheard,
    Unmeasured, PromotionPaused, or Rejected where its artifact is not what was registered. Asked
    again it changes nothing.
    """
    model = _known(stores, version)
    to = asked.to or _next(model)
    percent = (asked.canary_percent or DEFAULT_CANARY_PERCENT) if to == "canary" else None
    if (model.stage, model.canary_percent) == (to, percent):
        return Moved(version, to, new=False, as_of=stores.signals.latest_night(), marked=0)
    _check(stores, model, to)
    _open(loaders, model)
    decision = Decision(to, asked.reason, percent, asked.actor)
    stores.models.decide(version, decision, now=now)
    return _moved(stores, version, to, told=to in TOLD)


def rollback(stores: Stores, version: str, asked: Asked, *, now: datetime) -> Moved:
    """Retire a version: whoever spoke before it speaks again. Asked again it changes nothing.

    Its artifact is not read: a damaged one can be taken out too. Raises UnknownModel or
    StageSkipped.
    """
    model = _known(stores, version)
    if model.stage == "retired":
        return Moved(version, "retired", new=False, as_of=stores.signals.latest_night(), marked=0)
    if model.stage not in SPEAKS:
        raise StageSkipped(version, model.stage, "retired")
    stores.models.decide(version, Decision("retired", asked.reason, None, asked.actor), now=now)
    return _moved(stores, version, "retired", told=model.stage in TOLD)


def _known(stores: Stores, version: str) -> ModelInStage:
    model = stores.models.registered(version)
    if model is None:
        raise UnknownModel(version)
    return model


def _next(model: ModelInStage) -> Stage:
    """Where a version goes if nobody says where; the newest contest of baselines speaks at once."""
    if model.family == "baseline":
        return "production"
    return NEXT.get(model.stage, model.stage)


def _check(stores: Stores, model: ModelInStage, to: Stage) -> None:
    version = model.serving.version
    if model.serving.feature_version != FEATURE_VERSION:
        raise ModelOutdated(version, model.serving.feature_version)
    if model.family == "baseline" and to == "production":
        _check_within_bounds(stores, version)
        return
    if not follows(model.stage, to):
        raise StageSkipped(version, model.stage, to)
    if to not in TOLD:
        return
    if not model.metrics["passed" if model.family == "tft" else "accepted"]:
        raise ModelNotAccepted(version, model.metrics["verdict"])
    nights = stores.models.nights_heard(version)
    if nights < SHADOW_NIGHTS:
        raise StillUnheard(version, nights)
    _check_measured(stores, version)
    _check_within_bounds(stores, version)


def _check_within_bounds(stores: Stores, version: str) -> None:
    why = stores.monitoring.standing(version)
    if why:
        raise PromotionPaused(version, why)


def _check_measured(stores: Stores, version: str) -> None:
    """Raises Unmeasured: what nobody looked at may have drifted."""
    night, latest = stores.monitoring.measured(version), stores.signals.latest_night()
    if night is None or (latest is not None and latest - night > MEASURED_WITHIN):
        raise Unmeasured(version, night)


def _open(loaders: Loaders, model: ModelInStage) -> None:
    """Nobody is promoted whose artifact cannot be opened."""
    if model.family == "classifier":
        loaders.classifiers.load(model.serving)
    elif model.family == "tft":
        loaders.forecasters.load_forecaster(model.serving)
    else:
        loaders.baselines.load_baselines(model.serving)


def _moved(stores: Stores, version: str, stage: Stage, *, told: bool) -> Moved:
    as_of = stores.signals.latest_night()
    marked = 0 if as_of is None or not told else mark_alive(stores, as_of)
    return Moved(version, stage, new=True, as_of=as_of, marked=marked)


def mark_alive(stores: Stores, as_of: date) -> int:
    """Ask for new signals of every instrument that has a price."""
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    series = series_in_use(bars, as_of)
    alive = {bars.instruments[slot] for slot in series.slots[series.alive]}
    return stores.dirty.mark(alive, as_of=as_of)
