"""Brings the trusted records of a source and day into the tables and marks what they touched."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import structlog

from ingestion.domain.records import RECORDS, TABLES_OF_KINDS
from ingestion.domain.rereading import read_again
from ingestion.ports.prices import Merged
from ingestion.ports.unit import Unit
from ingestion.usecases.recall import mark, recall_records

log = structlog.get_logger()


def load_trades(unit: Unit, source: str, day: date) -> Mapping[str, object]:
    """Trusted -> market.trades and market.reported_prices, all or nothing; replaying adds 0.

    Needs the partitions that `make_room` has made.
    """
    unit.work.claim(f"load {source}")
    records = _as_mapped_now(unit, unit.trusted.read(source, day)).select(list(RECORDS))
    recall_records(unit, source, records)
    parts = {table: records.filter(of_table) for table, of_table in TABLES_OF_KINDS.items()}
    trades, marks = take_sales(unit, source, parts["trades"], day)
    reports = unit.prices.merge_reports(parts["reported_prices"])
    of_reports = reports.touched.with_columns(as_of=pl.lit(day))
    touched = pl.concat([marks, of_reports.select(marks.columns)]).unique()
    marked = mark(unit, touched)
    changed = _sum(trades, reports)
    unit.ledger.note(
        source,
        day,
        "load_trades",
        read=records.height,
        written=trades.written + reports.written,
        quarantined=0,
        by_table={table: part.height for table, part in parts.items()},
    )
    log.info("trades.loaded", source=source, day=str(day), marked=marked, **changed)
    instruments = touched.select("card_id", "grade_code").n_unique()
    return {"source": source, "date": str(day), "read": records.height, **changed} | {
        "instruments": instruments,
        "days_marked": marked,
    }


def take_sales(
    unit: Unit, source: str, records: pl.DataFrame, day: date
) -> tuple[Merged, pl.DataFrame]:
    """Sales into the table, and in line with what the source's raw rows are refused for now; the
    outcome, and the marks of all days that it touches."""
    merged = unit.prices.merge_trades(records)
    settled = unit.prices.settle_refusals(source, records)
    outcome = replace(
        merged,
        revoked=merged.revoked + settled.revoked,
        reinstated=merged.reinstated + settled.reinstated,
    )
    by_run = merged.touched.with_columns(as_of=pl.lit(day))
    return outcome, pl.concat([by_run, settled.touched.select(by_run.columns)])


def _as_mapped_now(unit: Unit, records: pl.DataFrame) -> pl.DataFrame:
    """The map may have learned since the records were screened: what it knew then never wins."""
    mapped = records.drop_nulls("mapped_as")
    if mapped.is_empty():
        return records
    read_at: list[datetime | None] = mapped.get_column("mapped_at").unique().to_list()
    moments = [moment for moment in read_at if moment is not None]
    since = min(moments) if len(moments) == len(read_at) else None
    newer = unit.products.learned(mapped.item(0, "mapped_as"), since=since)
    return read_again(records, newer)


def _sum(*merged: Merged) -> dict[str, int]:
    names = ("added", "corrected", "known_earlier", "unchanged", "revoked", "reinstated")
    return {name: sum(getattr(one, name) for one in merged) for name in names}
