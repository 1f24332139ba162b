"""When the clock starts a DAG; a new installation waits for the next hour to come."""

import os

from airflow.sdk import CronTriggerTimetable


def at(cron: str) -> CronTriggerTimetable:
    """UTC, every matching calendar day. No start date: the first run is the next one to come."""
    return CronTriggerTimetable(cron, timezone="UTC")


def ingest_at(cron: str) -> CronTriggerTimetable | None:
    """No schedule where PRICER_NIGHTLY_INGEST is `off`: files are imported by hand alone."""
    return None if os.environ.get("PRICER_NIGHTLY_INGEST") == "off" else at(cron)


# The day a run is about: the one asked for, else the UTC day that ended before the schedule.
DAY = (
    "{{ params.date or "
    "(macros.ds_add(dag_run.logical_date | ds, -1) if dag_run.logical_date else '') }}"
)
