"""Asks a marketplace for the newest sales of the cards traded most, between two nights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import structlog

from ingestion.domain.latest import latest_told
from ingestion.domain.records import RECORDS, Receipt, Window
from ingestion.ports.sources import Source
from ingestion.ports.unit import Units
from ingestion.usecases.ensure_partitions import TABLES
from ingestion.usecases.load_trades import take_sales
from ingestion.usecases.recall import mark, recall_records
from ingestion.usecases.screening import Check, keep_outcome, screened

log = structlog.get_logger()

LATELY = timedelta(days=30)
LATE_ARRIVALS = timedelta(days=1)  # older ones are the night's, which asks for three days

OfProducts = Callable[[str, Sequence[str]], Source]


def refresh_hot(
    units: Units,
    name: str,
    of_products: OfProducts,
    day: date,
    *,
    limit: int,
    now: datetime,
    check: Check,
) -> Mapping[str, object]:
    """Sales since yesterday of the `limit` products traded most in 30 days, into the tables.

    They are screened as a night's are, refused rows and all. The ledger and the cursor are left
    alone: the night asks for the whole day all the same. Raises SuiteFailed.
    """
    with units() as unit:
        products = unit.catalog.hot_products(name, since=now - LATELY, limit=limit)
    if not products:
        return {"source": name, "date": str(day), "products": 0, "read": 0, "added": 0}
    source = of_products(name, products)
    mapping = source.mapping
    receipt = _received(source, Window(day - LATE_ARRIVALS, day))
    with units() as unit:
        # Raw rows are kept before anything is made of them, so that a replay knows them.
        stored = unit.raw.store(receipt, fetched_at=now)
    keys = dict(zip((part.name for part in receipt.parts), stored, strict=True))
    told = source.read(receipt)
    told = replace(told, rows=told.rows.with_columns(fetch=pl.lit(0, pl.Int64)))
    outcome = screened(units, told, mapping, receipt.window, asked_at=now)
    records = outcome.records.filter(pl.col("kind") == "trade").select(list(RECORDS))
    if records.height:  # a quarter of an hour without a sale is no fault
        check(mapping.source, day, latest_told(records))
    _make_room(units, mapping.source, records)
    with units() as unit:
        kept = keep_outcome(unit, mapping, day, outcome, keys)
        unit.work.claim(f"load {mapping.source}")
        recall_records(unit, mapping.source, records)
        merged, marks = take_sales(unit, mapping.source, records, day)
        marked = mark(unit, marks)
    read, refused = told.rows.height, outcome.rejects.height
    log.info("hot.refreshed", source=name, products=len(products), read=read, added=merged.added)
    return {
        "source": name,
        "date": str(day),
        "products": len(products),
        "read": read,
        "added": merged.added,
        "quarantined": refused,
        "quarantined_new": kept.new,
        "days_marked": marked,
    }


def _make_room(units: Units, source: str, records: pl.DataFrame) -> None:
    days = records.get_column("ts").dt.date().unique().to_list()
    with units() as unit:
        for table in TABLES:
            unit.partitions.ensure(table, days)
        recall_records(unit, source, records)


def _received(source: Source, window: Window) -> Receipt:
    """All pieces as one: the next quarter of an hour asks again for what this one did not get."""
    pieces = source.collect(window, source.subjects(window), path=None, item_map=None)
    parts = [part for piece in pieces for part in piece.receipt.parts]
    named = [replace(part, name=f"{number}-{part.name}") for number, part in enumerate(parts)]
    return Receipt(source.mapping.source, window, named)
