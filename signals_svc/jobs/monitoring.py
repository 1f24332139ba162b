"""Jobs about a whole night: figures and page, alerts to the bus, explanations of cohorts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import click
import structlog

from kernel.cli import Summary, UtcDay, finish
from kernel.days import utc_day
from signals_svc.jobs.workshop import Workshop, day_or_latest
from signals_svc.ports.monitoring import Took
from signals_svc.usecases.explain_cohorts import explain_cohorts
from signals_svc.usecases.monitor import BATCH, keep_report, measure, send_alerts


def add_monitoring_jobs(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add them to the job table."""

    @group.command("monitor", help="Measure a night: drift, freshness, latency, what came true.")
    @click.option("--date", "day", type=UtcDay(), help="default: yesterday")
    def monitor_job(day: date | None) -> None:
        finish("monitor", lambda: monitor(workshop(), day, now=datetime.now(UTC)))

    @group.command("tell_alerts", help="Tell the bus of figures that are out of their bounds.")
    def tell_alerts_job() -> None:
        finish("tell_alerts", lambda: tell_alerts(workshop(), now=datetime.now(UTC)))

    @group.command("ask_for_training", help="Say which versions read other inputs than they know.")
    def ask_for_training_job() -> None:
        finish("ask_for_training", lambda: ask_for_training(workshop()))

    @group.command("explain_cohorts", help="Say what moved forecasts, by set and liquidity.")
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    def explain_cohorts_job(day: date | None) -> None:
        finish("explain_cohorts", lambda: tell_cohorts(workshop(), day, now=datetime.now(UTC)))


def tell_cohorts(workshop: Workshop, day: date | None, *, now: datetime) -> Summary:
    """How many cohorts there are, and how many rows say another thing than before."""
    with workshop.stores() as stores:
        as_of = day_or_latest(stores, day)
        told = explain_cohorts(
            stores,
            as_of=as_of,
            now=now,
            horizon_days=workshop.shown_horizon,
            loaders=workshop.loaders,
        )
    return {"as_of": as_of.isoformat(), **told._asdict()}


def monitor(workshop: Workshop, day: date | None, *, now: datetime) -> Summary:
    """What is out of its bounds, in words, where the page lies, and whether to train anew.

    The figures are kept before the page is written: a lake that is away costs the page alone.
    """
    with workshop.stores() as stores:
        night = measure(
            stores,
            as_of=day or utc_day(now) - timedelta(days=1),
            now=now,
            policy=workshop.monitoring_policy(),
            shown_horizon=workshop.shown_horizon,
            suite=workshop.suite(),
            run_suite=workshop.run_suite,
        )
    for one in night.alarms:
        structlog.get_logger().warning("monitoring.out_of_bounds", **vars(one))
    with workshop.stores() as stores:
        report = keep_report(stores.monitoring, workshop.artifacts(), night)
    return {
        "as_of": night.as_of.isoformat(),
        "measures": len(night.measures),
        "judged": sum(one.pauses and one.value is not None for one in night.measures),
        "expectations": len(night.checked),
        "out_of_bounds": [f"{one.measure}: {one.words}" for one in night.alarms],
        "report": report,
        "asks_for_training": night.asks_for_training,
    }


def tell_alerts(workshop: Workshop, *, now: datetime) -> Summary:
    """What the bus does not take stays for the next run."""
    log = structlog.get_logger()
    if workshop.topic is None:
        log.warning("alerts.kept", detail="no topic is set up: PRICER_SIGNAL_FLIPS_TOPIC_ARN")
        return {"alerts": 0}
    topic = workshop.topic()
    sent, taken = 0, BATCH
    while taken == BATCH:
        with workshop.stores() as stores:
            taken, stopped = send_alerts(stores.monitoring, topic, now=now)
        sent += taken
        if stopped is not None:
            log.warning("alerts.kept", sent=sent)
            raise stopped
    return {"alerts": sent}


def ask_for_training(workshop: Workshop) -> Summary:
    """Why models should learn anew; who runs it by the clock announces that."""
    with workshop.stores() as stores:
        return {"drifted": stores.monitoring.drifted()}


def note_inference(workshop: Workshop, took: Took, *, now: datetime) -> None:
    """Keep how long a run of inference took, if it was of anything."""
    if took.instruments:
        with workshop.stores() as stores:
            stores.monitoring.note_inference(took, now=now)
