"""Makes month partitions before a load, in short transactions that nobody waits for."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from ingestion.ports.unit import Unit
from ingestion.usecases.recall import recall_records

TABLES = ("trades", "prices_daily", "reported_prices")
MONTHS_AHEAD = 3
BULK = 1_000  # sales a month: from so many on, filling a new month before it joins is worth it


def ensure_partitions(unit: Unit, day: date, *, months_ahead: int) -> Mapping[str, object]:
    """Partitions of the day's month and of so many after it."""
    months = [day.replace(day=1)]
    while len(months) <= months_ahead:
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    made = {table: unit.partitions.ensure(table, months) for table in TABLES}
    return {"from": str(months[0]), "through": str(months[-1]), **made}


def make_room(unit: Unit, source: str, day: date) -> int:
    """Partitions of the months that the trusted records of a source and day are in; those made,
    and those that were archived and are back.

    Comes before the load and commits by itself: a new partition locks the table it belongs to.
    Months with very many sales are left to the load, which fills a new one before it joins.
    """
    records = unit.trusted.read(source, day)
    trade = pl.col("kind") == "trade"
    made = 0
    month = pl.col("ts").dt.date().dt.month_start()
    few = pl.len().over(month) < BULK
    for table, rows in (
        ("trades", records.filter(trade).filter(few)),
        ("reported_prices", records.filter(~trade)),
        ("prices_daily", records),
    ):
        months = rows.get_column("ts").dt.date().dt.month_start().unique().sort()
        made += unit.partitions.ensure(table, months.to_list())
    return made + recall_records(unit, source, records)
