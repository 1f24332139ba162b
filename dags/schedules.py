"""When the clock starts a DAG; a new installation waits for the next hour to come."""

from airflow.sdk import CronTriggerTimetable


def at(cron: str) -> CronTriggerTimetable:
    """UTC, every matching calendar day. No start date: the first run is the next one to come."""
    return CronTriggerTimetable(cron, timezone="UTC")


# The day a run is about: the one asked for, else the UTC day that ended before the schedule.
DAY = (
    "{{ params.date or "
    "(macros.ds_add(dag_run.logical_date | ds, -1) if dag_run.logical_date else '') }}"
)
