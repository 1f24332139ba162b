"""The batch entry points: arguments -> use cases, one transaction a night."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
import structlog

from kernel.cli import Summary, finish
from signals_svc.domain.decision import ACTIONS, Policy
from signals_svc.ports import ClassifierLoader, Stores
from signals_svc.usecases.build_features import build_features, nights
from signals_svc.usecases.infer import infer


@dataclass(frozen=True)
class Workshop:
    """What the jobs work with; the composition root fills it."""

    stores: Callable[[], AbstractContextManager[Stores]]
    loader: ClassifierLoader
    policy: Policy
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
    instruments = flips = cleared = 0
    model_version = None
    for as_of in days:
        with workshop.stores() as stores:
            night = infer(
                stores,
                as_of=as_of,
                now=now,
                policy=workshop.policy,
                shown_horizon=workshop.shown_horizon,
                loader=workshop.loader,
            )
        log.info("signals.inferred", as_of=as_of.isoformat(), **night._asdict())
        actions.update(night.actions)
        instruments += night.instruments
        flips += night.flips
        cleared += night.cleared
        model_version = night.model_version
    return {
        "nights": len(days),
        "instruments": instruments,
        "signals": dict(actions),
        "flips": flips,
        "cleared": cleared,
        "model_version": model_version,
        "last_night": days[-1].isoformat() if days else None,
    }
