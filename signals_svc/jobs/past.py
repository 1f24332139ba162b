"""Jobs about what was said: its receipts, its scores, and a past that is walked through again."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime

import click

from kernel.cli import Summary, UtcDay, finish
from signals_svc.domain.forecast import EWMA_VERSION
from signals_svc.domain.replay import decision_days
from signals_svc.domain.scores import OUTCOMES
from signals_svc.jobs.workshop import Workshop, day_or_latest
from signals_svc.usecases.learn_baselines import learn_baselines
from signals_svc.usecases.learn_forecasts import TooShort
from signals_svc.usecases.replay import known_at_the_start, replay
from signals_svc.usecases.score import score
from signals_svc.usecases.train import read_history, register_silent
from signals_svc.usecases.verify_receipts import NAMED, verify_receipts

PATIENCE = 10  # of a nice value: nobody waits for the past, and trainings run meanwhile
CHANGED_DAYS = 35  # a month of nights may fail before a change is missed


def add_past_jobs(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add them to the job table."""

    @group.command("verify_receipts", help="Check what the signals of a night rest on.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    @click.option("--card", help="this card only")
    def verify_receipts_job(day: date | None, card: str | None) -> None:
        finish("verify_receipts", lambda: check_receipts(workshop(), day, card))

    @group.command("score", help="Say what came of signals whose days are over.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    @click.option(
        "--changed-days",
        type=click.IntRange(1, 3650),
        default=CHANGED_DAYS,
        show_default=True,
        help="score again where prices of the past changed in so many days",
    )
    def score_job(day: date | None, changed_days: int) -> None:
        finish("score", lambda: score_signals(workshop(), day, changed_days=changed_days))

    @group.command("replay", help="Walk past weeks forward, by what was known on each of them.")
    @click.option("--date", "day", type=UtcDay(), help="the last; default: the latest night")
    @click.option("--weeks", type=click.IntRange(1, 520), default=26, show_default=True)
    def replay_job(day: date | None, weeks: int) -> None:
        os.nice(PATIENCE)
        now = datetime.now(UTC)
        finish("replay", lambda: replay_past(workshop(), day, weeks=weeks, now=now))


def score_signals(
    workshop: Workshop, day: date | None, *, changed_days: int = CHANGED_DAYS
) -> Summary:
    """First scores by outcome, scores said anew, and how many wait for sales to be fetched."""
    with workshop.stores() as stores:
        as_of = day_or_latest(stores, day)
        found = score(
            stores,
            as_of=as_of,
            after=workshop.horizons,
            costs=workshop.policy.costs,
            changed_days=changed_days,
        )
    return {
        "as_of": as_of.isoformat(),
        **{name: found.outcomes[name] for name in OUTCOMES},
        "said_anew": found.anew,
        "waiting": found.waiting,
    }


def replay_past(workshop: Workshop, day: date | None, *, weeks: int, now: datetime) -> Summary:
    """Days that were walked already are left as they are; who speaks, and how it acted."""
    with workshop.stores() as stores:
        last = day_or_latest(stores, day)
        history = read_history(stores, known_until=last)
    days = decision_days(last, weeks)
    learned = learn_baselines(
        known_at_the_start(history, days[0]),
        horizons=workshop.horizons,
        policy=workshop.forecast_policy(),
        costs=workshop.policy.costs,
        trees=workshop.trees(),
    )
    with workshop.stores() as stores:
        contest = None
        if not isinstance(learned, TooShort):
            held = register_silent(
                stores, learned.artifact, artifacts=workshop.artifacts(), now=now
            )
            contest = workshop.loaders.baselines.load_baselines(held)
        told = replay(
            stores, history, days, contest, policy=workshop.policy, horizons=workshop.horizons
        )
    if isinstance(learned, TooShort):
        speaks = {"speaks": EWMA_VERSION, "because": learned.missing}
    else:
        speaks = {f"best_{one.horizon_days}_d": one.best for one in learned.contests}
        speaks["speaks"] = learned.artifact.version
    return {
        "first_day": days[0].isoformat(),
        "last_day": days[-1].isoformat(),
        "weeks": told.nights,
        "there_already": told.there_already,
        "signals": dict(told.actions),
        "rows": told.actions.total(),
        **speaks,
    }


def check_receipts(workshop: Workshop, day: date | None, card_id: str | None) -> Summary:
    """How many signals are what they were; what is told anew of then is named, and no failure."""
    with workshop.stores() as stores:
        as_of = day_or_latest(stores, day)
        found = verify_receipts(
            stores, as_of=as_of, card_id=card_id, artifacts=workshop.artifacts()
        )
    return {
        "night": as_of.isoformat(),
        "signals": found.signals,
        "artifacts": found.artifacts,
        "features_rebuilt": found.rebuilt,
        "features_differ": found.differ,
        "told_anew": len(found.told_anew),
        "for_example": [str(one) for one in found.told_anew[:NAMED]],
    }
