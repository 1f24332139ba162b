"""The batch entry points: arguments -> use cases, one transaction a step."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import click
import structlog

from kernel.cli import Summary, UtcDay, finish
from kernel.errors import Rejected, Unavailable
from signals_svc.domain.decision import ACTIONS, Policy
from signals_svc.domain.forecast_gate import ForecastPolicy
from signals_svc.ports.forecasters import ForecasterLoader, ForecastTrainer, QuantileTrees
from signals_svc.ports.models import ArtifactStore, ClassifierLoader, Trainer
from signals_svc.ports.outbox import FlipTopic, SignalCache
from signals_svc.ports.stores import Stores
from signals_svc.usecases.build_features import build_features, nights
from signals_svc.usecases.infer import infer
from signals_svc.usecases.learn import TooFewLabels, learn
from signals_svc.usecases.learn_forecasts import TooShort, learn_forecasts
from signals_svc.usecases.promote import promote
from signals_svc.usecases.publish import BATCH, refresh_cache, send_flips
from signals_svc.usecases.train import read_history, register, register_forecaster


class NoDay(Rejected):
    """There is nothing to take a training day from."""

    def __init__(self) -> None:
        super().__init__("no night has signals yet, so say the day: --date 2026-09-30")


@dataclass(frozen=True)
class Workshop:
    """What the jobs work with; the composition root fills it."""

    stores: Callable[[], AbstractContextManager[Stores]]
    loader: ClassifierLoader
    cache: SignalCache | None
    topic: Callable[[], FlipTopic] | None
    artifacts: Callable[[], ArtifactStore]
    trainer: Callable[[], Trainer]
    forecasters: ForecasterLoader
    forecast_trainer: Callable[[], tuple[ForecastTrainer, QuantileTrees]]
    forecast_policy: Callable[[], ForecastPolicy]
    policy: Policy
    horizons: tuple[int, ...]
    shown_horizon: int
    signals_not_before: timedelta


def jobs(workshop: Callable[[], Workshop]) -> click.Group:
    """The job table. Nothing is opened before a job runs."""

    @click.group(help="Batch jobs; the last line of output is a JSON summary.")
    def group() -> None:
        pass

    @group.command("build_features", help="Features of every night in the dirty set.")
    def build_features_job() -> None:
        finish("build_features", lambda: build_every_night(workshop(), now=datetime.now(UTC)))

    @group.command("infer", help="Signals of every night whose features are built.")
    def infer_job() -> None:
        finish("infer", lambda: infer_every_night(workshop(), now=datetime.now(UTC)))

    @group.command("publish", help="Signals to Redis, flips to SNS.")
    def publish_job() -> None:
        finish("publish", lambda: publish_changes(workshop(), now=datetime.now(UTC)))

    @group.command("train", help="Train a classifier on what was known by the end of a day.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    def train_job(day: date | None) -> None:
        finish("train", lambda: train_classifier(workshop(), day, now=datetime.now(UTC)))

    @group.command("train_forecaster", help="Train a sequence forecaster on what was known then.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    def train_forecaster_job(day: date | None) -> None:
        finish("train_forecaster", lambda: train_forecaster(workshop(), day, now=datetime.now(UTC)))

    @group.command("promote", help="Put an accepted classifier into production.")
    @click.option("--model-version", help="as `train` printed it; without one nothing is done")
    def promote_job(model_version: str | None) -> None:
        finish("promote", lambda: promote_model(workshop(), model_version, now=datetime.now(UTC)))

    return group


def build_every_night(workshop: Workshop, *, now: datetime) -> Summary:
    """Features of every night that is due, oldest first, one transaction each."""
    log = structlog.get_logger()
    with workshop.stores() as stores:
        due, waiting = nights(stores.dirty, now=now, not_before=workshop.signals_not_before)
    instruments = rows = without_price = 0
    for as_of in due:
        with workshop.stores() as stores:
            built = build_features(stores, as_of=as_of)
        log.info("features.built", as_of=as_of.isoformat(), **built._asdict())
        instruments += built.wanted
        rows += built.rows
        without_price += built.without_price
    return {
        "nights": len(due),
        "instruments": instruments,
        "rows": rows,
        "without_price": without_price,
        "waiting": waiting,
    }


def infer_every_night(workshop: Workshop, *, now: datetime) -> Summary:
    """Signals of every night in the queue, oldest first, one transaction each."""
    log = structlog.get_logger()
    with workshop.stores() as stores:
        days = stores.queue.days()
    actions: Counter[str] = Counter(dict.fromkeys(ACTIONS, 0))
    instruments = flips = cleared = shadow = 0
    model_version = None
    for as_of in days:
        with workshop.stores() as stores:
            night = infer(
                stores,
                as_of=as_of,
                now=now,
                policy=workshop.policy,
                horizons=workshop.horizons,
                shown_horizon=workshop.shown_horizon,
                loader=workshop.loader,
                forecasters=workshop.forecasters,
            )
        log.info("signals.inferred", as_of=as_of.isoformat(), **night._asdict())
        actions.update(night.actions)
        instruments += night.instruments
        flips += night.flips
        cleared += night.cleared
        shadow += night.shadow
        model_version = night.model_version
    return {
        "nights": len(days),
        "instruments": instruments,
        "signals": dict(actions),
        "flips": flips,
        "cleared": cleared,
        "in_shadow": shadow,
        "model_version": model_version,
        "last_night": days[-1].isoformat() if days else None,
    }


def publish_changes(workshop: Workshop, *, now: datetime) -> Summary:
    """The cache may be away, which costs speed; the bus may not: its outbox is kept for a retry."""
    log = structlog.get_logger()
    cached = None
    if workshop.cache is not None:
        try:
            with workshop.stores() as stores:
                cached = refresh_cache(stores.outbox, workshop.cache, now=now)
        except Unavailable as error:
            log.warning("signals.not_cached", detail=str(error))
    if workshop.topic is None:
        log.warning("flips.kept", detail="no topic is set up: PRICER_SIGNAL_FLIPS_TOPIC_ARN")
        return {"cached": cached, "flips": 0}
    topic = workshop.topic()
    sent, taken = 0, BATCH
    while taken == BATCH:
        with workshop.stores() as stores:
            taken, stopped = send_flips(stores.outbox, topic, now=now)
        sent += taken
        if stopped is not None:
            log.warning("flips.kept", sent=sent)
            raise stopped
    return {"cached": cached, "flips": sent}


def train_classifier(workshop: Workshop, day: date | None, *, now: datetime) -> Summary:
    """`model_version` is null unless the candidate was accepted, so that a chain can go on."""
    with workshop.stores() as stores:
        known_until = day or stores.signals.latest_night()
        if known_until is None:
            raise NoDay
        history = read_history(stores, known_until=known_until)
    learned = learn(
        history,
        horizon_days=workshop.shown_horizon,
        policy=workshop.policy,
        trainer=workshop.trainer(),
    )
    if isinstance(learned, TooFewLabels):
        outcome = f"no classifier: {learned.missing}"
        return {"outcome": outcome, "model_version": None, "rows": learned.rows}
    with workshop.stores() as stores:
        trained = register(stores, learned, artifacts=workshop.artifacts(), now=now)
    verdict = trained.verdict
    return {
        "outcome": "accepted" if verdict.accepted else "rejected",
        "model_version": trained.version if verdict.accepted else None,
        "candidate": trained.version,
        "verdict": verdict.words,
        "gain_by_fold": [round(fold.gain, 4) for fold in verdict.folds],
        "rows": trained.rows,
        "weeks": trained.weeks,
        "first_day": trained.first_day.isoformat(),
        "last_day": trained.last_day.isoformat(),
        "new": trained.new,
    }


def train_forecaster(workshop: Workshop, day: date | None, *, now: datetime) -> Summary:
    """The verdict on each horizon, in words, and the version that is in the shadow from now on."""
    with workshop.stores() as stores:
        known_until = day or stores.signals.latest_night()
        if known_until is None:
            raise NoDay
        history = read_history(stores, known_until=known_until)
    trainer, trees = workshop.forecast_trainer()
    learned = learn_forecasts(
        history,
        horizons=workshop.horizons,
        policy=workshop.forecast_policy(),
        trainer=trainer,
        trees=trees,
    )
    if isinstance(learned, TooShort):
        outcome = f"no forecaster: {learned.missing}"
        return {"outcome": outcome, "candidate": None, "rows": learned.rows}
    with workshop.stores() as stores:
        new = register_forecaster(stores, learned.artifact, artifacts=workshop.artifacts(), now=now)
    return {
        "outcome": "in the shadow",
        "candidate": learned.artifact.version,
        **{f"verdict_{one.horizon_days}_d": one.words for one in learned.verdicts},
        "rows": learned.rows,
        "weeks": learned.weeks,
        "new": new,
    }


def promote_model(workshop: Workshop, version: str | None, *, now: datetime) -> Summary:
    """Without a version there was no accepted candidate, and whoever serves goes on serving."""
    if version is None:
        return {"outcome": "nothing to promote", "model_version": None, "marked": 0}
    with workshop.stores() as stores:
        promoted = promote(stores, version, now=now)
    return {
        "outcome": "promoted" if promoted.new else "already in production",
        "model_version": version,
        "as_of": promoted.as_of.isoformat() if promoted.as_of else None,
        "marked": promoted.marked,
    }
