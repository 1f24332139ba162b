"""Makes month partitions ahead of time, so that a nightly load finds them."""

from collections.abc import Mapping
from datetime import date, timedelta

from ingestion.ports import Unit

TABLES = ("trades", "prices_daily", "reported_prices")
MONTHS_AHEAD = 3


def ensure_partitions(unit: Unit, day: date, *, months_ahead: int) -> Mapping[str, object]:
    """Partitions of the day's month and of so many after it."""
    last = day.replace(day=1) + timedelta(days=31 * months_ahead)
    made = {table: unit.partitions.ensure(table, day, last) for table in TABLES}
    return {"from": str(day), "through": str(last), **made}
