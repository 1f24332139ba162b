"""Brings archived months back before a transaction looks at them or marks work in them.

Called before the first look at prices: until the transaction ends no other month is archived, so
that what was looked for cannot leave meanwhile.
"""

from collections.abc import Collection
from datetime import date

import polars as pl

from ingestion.ports.unit import Unit
from ingestion.usecases.archive import ARCHIVED_TABLES


def recall(unit: Unit, days: Collection[date]) -> int:
    """The archived months of these days; how many were brought back. Raises MonthLost."""
    return sum(unit.archive.attach(table, days) for table in ARCHIVED_TABLES)


def recall_records(unit: Unit, source: str, records: pl.DataFrame) -> int:
    """The archived months that records speak of: of their own days, of where the same sales stand
    now, which is elsewhere if their time is corrected, and of sales that the source's raw rows are
    refused for now."""
    recalled = recall(unit, _days(records.get_column("ts").dt.date()))
    sales = records.filter(pl.col("kind") == "trade").get_column("record_id")
    months = [*unit.archive.months_of("trades", sales), *unit.archive.months_refused(source)]
    return recalled + recall(unit, months)


def recall_price(unit: Unit, table: str, key: int) -> int:
    """The archived month of one sale or figure."""
    recalled = recall(unit, [])
    return recalled + recall(unit, unit.archive.months_of(table, pl.Series([key], dtype=pl.Int64)))


def mark(unit: Unit, rows: pl.DataFrame, *, judged: bool = False) -> int:
    """Work at stage `bars` on days whose months are in the tables; see WorkSet.mark."""
    recall(unit, _days(rows.get_column("day")))
    return unit.work.mark("bars", rows, judged=judged)


def _days(days: pl.Series) -> list[date]:
    """One of each month."""
    return days.dt.month_start().unique().sort().to_list()
