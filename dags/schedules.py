"""When the clock starts a DAG; a new installation waits for the next hour to come."""

import os

from airflow.sdk import CronTriggerTimetable


def at(cron: str) -> CronTriggerTimetable:
    """UTC, every matching calendar day. No start date: the first run is the next one to come."""
    return CronTriggerTimetable(cron, timezone="UTC")


def ingest_at(cron: str) -> CronTriggerTimetable | None:
    """No schedule where PRICER_NIGHTLY_INGEST is `off`: files are imported by hand alone."""
    return None if os.environ.get("PRICER_NIGHTLY_INGEST") == "off" else at(cron)


def hot_cards_at(cron: str) -> CronTriggerTimetable | None:
    """No schedule where PRICER_HOT_CARDS or the nightly ingest is `off`."""
    return None if os.environ.get("PRICER_HOT_CARDS") == "off" else ingest_at(cron)


def hot_cards_wait() -> bool:
    """Whether a new installation leaves hot cards switched off: PRICER_HOT_CARDS is `paused`."""
    return os.environ.get("PRICER_HOT_CARDS") == "paused"


# The day a run is about: the one asked for, else the UTC day that ended before the schedule.
DAY = (
    "{{ params.date or "
    "(macros.ds_add(dag_run.logical_date | ds, -1) if dag_run.logical_date else '') }}"
)

# The day it is: for runs that ask for sales of a day that is not over.
TODAY = "{{ params.date or (dag_run.logical_date or dag_run.run_after) | ds }}"
