"""The batch entry points: arguments -> use cases, one transaction a step."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import click
import structlog

from kernel.cli import Summary, UtcDay, finish
from kernel.errors import Unavailable
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.stages import Stage
from signals_svc.jobs.explaining import add_explaining
from signals_svc.jobs.judging import add_judging
from signals_svc.jobs.monitoring import add_monitoring_jobs, note_inference
from signals_svc.jobs.past import add_past_jobs
from signals_svc.jobs.verifying import add_proof
from signals_svc.jobs.workshop import Workshop, day_or_latest
from signals_svc.ports.monitoring import Took
from signals_svc.usecases.build_features import build_features, nights
from signals_svc.usecases.infer import infer
from signals_svc.usecases.kept_models import kept
from signals_svc.usecases.learn import TooFewLabels, learn
from signals_svc.usecases.learn_baselines import learn_baselines
from signals_svc.usecases.learn_forecasts import TooShort, learn_forecasts
from signals_svc.usecases.promote import Asked, promote, rollback
from signals_svc.usecases.publish import BATCH, refresh_cache, send_flips
from signals_svc.usecases.read_forecasts import TRAINED_BY, Readable, forecasts_to_learn_from
from signals_svc.usecases.rebuild_features import features_of, history_of, keep
from signals_svc.usecases.rehearse import rehearse
from signals_svc.usecases.train import (
    read_history,
    register,
    register_baselines,
    register_forecaster,
)

STAGES = ("shadow", "canary", "production", "retired")


def jobs(workshop: Callable[[], Workshop]) -> click.Group:
    """The job table. Nothing is opened before a job runs."""

    @click.group(help="Batch jobs; the last line of output is a JSON summary.")
    def group() -> None:
        pass

    add_nightly_jobs(group, workshop)
    add_trainings(group, workshop)
    add_promotion(group, workshop)
    add_past_jobs(group, workshop)
    add_proof(group, workshop)
    add_explaining(group, workshop)
    add_judging(group, workshop)
    add_monitoring_jobs(group, workshop)
    return group


def add_nightly_jobs(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """What every night runs."""

    @group.command("build_features", help="Features of every night in the dirty set.")
    @click.option(
        "--from", "first", type=UtcDay(), help="instead: of all instruments, from this day"
    )
    @click.option("--to", "last", type=UtcDay(), help="to this day")
    def build_features_job(first: date | None, last: date | None) -> None:
        if (first is None) != (last is None):
            raise click.UsageError("say both --from and --to, or neither")
        if first is not None and last is not None:
            days = first, last
            finish("build_features", lambda: build_range(workshop(), *days, now=datetime.now(UTC)))
        else:
            finish("build_features", lambda: build_every_night(workshop(), now=datetime.now(UTC)))

    @group.command("infer", help="Signals of every night whose features are built.")
    def infer_job() -> None:
        finish("infer", lambda: infer_every_night(workshop(), now=datetime.now(UTC)))

    @group.command("publish", help="Signals to Redis, flips to SNS.")
    def publish_job() -> None:
        finish("publish", lambda: publish_changes(workshop(), now=datetime.now(UTC)))

    @group.command("rehearse", help="Compile what nights run, so that none waits for the compiler.")
    def rehearse_job() -> None:
        finish("rehearse", rehearse)


def add_trainings(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """What learns, monthly."""

    @group.command("train", help="Train a classifier on what was known by the end of a day.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    @click.option(
        "--reads",
        type=click.Choice(tuple(TRAINED_BY)),
        default="baseline",
        show_default=True,
        help="whose forecasts it learns from, out of fold: a contest's trees or a TFT's",
    )
    def train_job(day: date | None, reads: Readable) -> None:
        now = datetime.now(UTC)
        finish("train", lambda: train_classifier(workshop(), day, now=now, reads=reads))

    @group.command("train_forecaster", help="Train a sequence forecaster on what was known then.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    def train_forecaster_job(day: date | None) -> None:
        finish("train_forecaster", lambda: train_forecaster(workshop(), day, now=datetime.now(UTC)))

    @group.command("train_baselines", help="Say which simple forecast is the best where.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    def train_baselines_job(day: date | None) -> None:
        finish("train_baselines", lambda: train_baselines(workshop(), day, now=datetime.now(UTC)))


def add_promotion(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """What people ask for."""

    @group.command("promote", help="Let a version enter its next stage, if it has earned it.")
    @click.option("--model-version", required=True, help="as `pricer models list` names it")
    @click.option("--to", type=click.Choice(STAGES), help="default: the next stage")
    @click.option("--percent", type=click.IntRange(1, 99), help="of the cards, for a canary")
    @click.option("--actor", help="who asks; default: the login of the service")
    @click.option("--reason", default="asked for", show_default=True, help="why")
    def promote_job(
        model_version: str, to: Stage | None, percent: int | None, actor: str | None, reason: str
    ) -> None:
        asked = Asked(to, percent, actor, reason)
        now = datetime.now(UTC)
        finish("promote", lambda: change_stage(workshop(), model_version, asked, now=now))


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


def build_range(workshop: Workshop, first: date, last: date, *, now: datetime) -> Summary:
    """Features of all instruments on the days between, one transaction a day; no signals."""
    log = structlog.get_logger()
    with workshop.stores() as stores:
        history = history_of(stores, first, last, now=now)
    instruments = rows = 0
    for day in features_of(history, first, last):
        with workshop.stores() as stores:
            added = keep(stores, day)
        log.info("features.rebuilt", as_of=day.as_of.isoformat(), rows=added)
        instruments += len(day.instruments)
        rows += added
    days = (last - first).days + 1
    return {"days": days, "instrument_days": instruments, "rows": rows}


def infer_every_night(workshop: Workshop, *, now: datetime) -> Summary:
    """Signals of every night in the queue, oldest first, one transaction each."""
    log = structlog.get_logger()
    with workshop.stores() as stores:
        days = stores.queue.days()
    actions: Counter[str] = Counter(dict.fromkeys(ACTIONS, 0))
    instruments = flips = cleared = heard = 0
    model_version = None
    silent: set[str] = set()
    loaders = kept(workshop.loaders)
    started = perf_counter()
    for as_of in days:
        begun = perf_counter()
        with workshop.stores() as stores:
            night = infer(
                stores,
                as_of=as_of,
                now=now,
                policy=workshop.policy,
                horizons=workshop.horizons,
                shown_horizon=workshop.shown_horizon,
                loaders=loaders,
            )
        log.info("signals.inferred", as_of=as_of.isoformat(), **night._asdict())
        ended = perf_counter()
        took = Took(as_of, night.instruments, ended - begun)
        note_inference(workshop, took, now=now + timedelta(seconds=ended - started))
        actions.update(night.actions)
        instruments += night.instruments
        flips += night.flips
        cleared += night.cleared
        heard += night.heard
        silent.update(night.silent)
        model_version = night.model_version
    return {
        "nights": len(days),
        "instruments": instruments,
        "signals": dict(actions),
        "flips": flips,
        "cleared": cleared,
        "forecaster_heard": heard,
        "silent": sorted(silent),
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


def train_classifier(
    workshop: Workshop, day: date | None, *, now: datetime, reads: Readable = "baseline"
) -> Summary:
    """Accepted or not, and why; it is heard in the shadow from now on."""
    with workshop.stores() as stores:
        until = day_or_latest(stores, day)
        read = forecasts_to_learn_from(
            stores.models,
            workshop.loaders,
            known_until=until,
            family=reads,
            horizon_days=workshop.shown_horizon,
        )
        if isinstance(read, str):
            return {"outcome": f"no classifier: {read}", "candidate": None, "rows": 0}
        history = read_history(stores, known_until=until)
    learned = learn(
        history,
        horizon_days=workshop.shown_horizon,
        policy=workshop.policy,
        gate=workshop.classifier_policy(),
        trainer=workshop.trainer(),
        read=read,
    )
    if isinstance(learned, TooFewLabels):
        outcome = f"no classifier: {learned.missing}"
        return {"outcome": outcome, "candidate": None, "rows": learned.rows}
    with workshop.stores() as stores:
        trained = register(stores, learned, artifacts=workshop.artifacts(), now=now)
    verdict = trained.verdict
    return {
        "outcome": f"{'accepted' if verdict.accepted else 'not accepted'}, in the shadow",
        "candidate": trained.version,
        "reads": read.version,
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
        history = read_history(stores, known_until=day_or_latest(stores, day))
    learned = learn_forecasts(
        history,
        horizons=workshop.horizons,
        policy=workshop.forecast_policy(),
        costs=workshop.policy.costs,
        trainer=workshop.forecast_trainer(),
        trees=workshop.trees(),
        read_at=workshop.shown_horizon,
    )
    if isinstance(learned, TooShort):
        outcome = f"no forecaster: {learned.missing}"
        return {"outcome": outcome, "candidate": None, "rows": learned.rows}
    with workshop.stores() as stores:
        new = register_forecaster(
            stores, learned.artifact, artifacts=workshop.artifacts(), now=now, seen=learned.seen
        )
    return {
        "outcome": "in the shadow",
        "candidate": learned.artifact.version,
        **{f"verdict_{one.horizon_days}_d": one.words for one in learned.verdicts},
        "rows": learned.rows,
        "weeks": learned.weeks,
        "new": new,
    }


def train_baselines(workshop: Workshop, day: date | None, *, now: datetime) -> Summary:
    """Who is the best at each horizon, with the losses of all; he speaks from the next run on."""
    with workshop.stores() as stores:
        history = read_history(stores, known_until=day_or_latest(stores, day))
    learned = learn_baselines(
        history,
        horizons=workshop.horizons,
        policy=workshop.forecast_policy(),
        costs=workshop.policy.costs,
        trees=workshop.trees(),
        read_at=workshop.shown_horizon,
    )
    if isinstance(learned, TooShort):
        outcome = f"no contest: {learned.missing}"
        return {"outcome": outcome, "model_version": None, "rows": learned.rows}
    artifact = learned.artifact
    with workshop.stores() as stores:
        new, marked = register_baselines(
            stores, artifact, artifacts=workshop.artifacts(), now=now, seen=learned.seen
        )
    return {
        "outcome": "serves where nobody has earned a horizon",
        "model_version": artifact.version,
        **{f"best_{one.horizon_days}_d": one.words for one in learned.contests},
        "rows": learned.rows,
        "new": new,
        "marked": marked,
    }


def change_stage(workshop: Workshop, version: str, asked: Asked, *, now: datetime) -> Summary:
    """Promote, or roll back where the stage asked for is `retired`."""
    with workshop.stores() as stores:
        if asked.to == "retired":
            moved = rollback(stores, version, asked, now=now)
        else:
            moved = promote(stores, version, asked, loaders=workshop.loaders, now=now)
    return {
        "outcome": "moved" if moved.new else "was there already",
        "model_version": version,
        "stage": moved.stage,
        "as_of": moved.as_of.isoformat() if moved.as_of else None,
        "marked": moved.marked,
    }
