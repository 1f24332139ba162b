"""Asks a marketplace for the newest sales of the cards traded most, between two nights."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import structlog

from ingestion.domain.records import RECORDS, Receipt, Window
from ingestion.domain.screening import screen
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.archive import ARCHIVED_TABLES
from ingestion.usecases.ensure_partitions import TABLES

log = structlog.get_logger()

LATELY = timedelta(days=30)
LATE_ARRIVALS = timedelta(days=1)  # older ones are the night's, which asks for three days

OfProducts = Callable[[str, Sequence[str]], Source]


def refresh_hot(
    units: Units, name: str, of_products: OfProducts, day: date, *, limit: int, now: datetime
) -> Mapping[str, object]:
    """Sales since yesterday of the `limit` products traded most in 30 days, into the tables.

    It leaves the ledger and the cursor alone: the night asks for the whole day all the same, and
    keeps what is refused here. Raw rows are kept, so that a replay knows them.
    """
    with units() as unit:
        products = unit.catalog.hot_products(name, since=now - LATELY, limit=limit)
    if not products:
        return {"source": name, "date": str(day), "products": 0, "read": 0, "added": 0}
    source = of_products(name, products)
    receipt = source.collect(Window(day - LATE_ARRIVALS, day), path=None, item_map=None)
    records, read = _screened(units, source, receipt, now=now)
    with units() as unit:
        days = records.get_column("ts").dt.date().unique().to_list()
        for table in TABLES:
            unit.partitions.ensure(table, days)
        for table in ARCHIVED_TABLES:
            unit.archive.attach(table, days)
    with units() as unit:
        added, marked = _load(unit, source.mapping.source, records, day)
    log.info("hot.refreshed", source=name, products=len(products), read=read, added=added)
    told = {"source": name, "date": str(day), "products": len(products), "read": read}
    return {**told, "added": added, "days_marked": marked}


def _screened(
    units: Units, source: Source, receipt: Receipt, *, now: datetime
) -> tuple[pl.DataFrame, int]:
    """Sales fit for the store, and the rows that were read."""
    told = source.read(receipt)
    with units() as unit:
        unit.raw.store(receipt, fetched_at=now)
        reference = unit.catalog.reference(source.mapping.mapped_as, told.listed)
    rows = told.rows.with_columns(fetch=pl.lit(0, pl.Int64))
    screened = screen(rows, source.mapping, reference, receipt.window)
    sales = screened.records.filter(pl.col("kind") == "trade")
    return sales.select(list(RECORDS)), told.rows.height


def _load(unit: Unit, source: str, records: pl.DataFrame, day: date) -> tuple[int, int]:
    unit.work.claim(f"load {source}")
    merged = unit.prices.merge_trades(records)
    marked = unit.work.mark("bars", merged.touched.with_columns(as_of=pl.lit(day)))
    return merged.added, marked
