"""UTC calendar days and the moments they begin and end. No clock: today is an argument."""

from datetime import UTC, date, datetime, time, timedelta

DAYS_PER_YEAR = 365  # cards trade every calendar day


def start_of(day: date) -> datetime:
    """Midnight UTC at which the day begins."""
    return datetime.combine(day, time(), tzinfo=UTC)


def end_of(day: date) -> datetime:
    """Midnight UTC at which the day is over: what is known by then may inform a decision on it."""
    return start_of(day + timedelta(days=1))


def utc_day(moment: datetime) -> date:
    """The UTC calendar day of an aware moment. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).date()
