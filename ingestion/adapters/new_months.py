"""Fills months of sales that are not there yet: copied into bare tables, which then join."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.adapters.sale_keys import SaleKeys
from ingestion.domain.statements import TOLD
from kernel.db.staging import copy_text, rows_as_text

COLUMNS = (
    "trade_id",
    "ts",
    "card_id",
    "grade_code",
    "source",
    "source_sale_id",
    "told_as",
    "price_cents",
    "seller",
    "url",
    "known_at",
    "reported_at",
    "meta",
)
# A sale's key has its source in it, so that a source's first load meets nothing.
ANY_OF_SOURCES = "select exists (select from market.trades where source = any(%s))"
# What is known elsewhere: a sale whose time was corrected may come from another month.
KNOWN = """
select trade_id from may_lie m, lateral (
  select from market.trades t
  where t.trade_id = m.trade_id and t.ts >= m.since and t.ts < m.before offset 0) t
"""
MONTH = pl.col("ts").dt.date().dt.month_start()

T = TypeVar("T")
Made = TypeVar("Made")


def one_ahead(make: Callable[[T], Made], items: Iterable[T]) -> Iterator[Made]:
    """What is made of each item, in order; while one is used, the next is being made."""
    with ThreadPoolExecutor(1) as worker:
        begun: Future[Made] | None = None
        for item in items:
            following = worker.submit(make, item)
            if begun is not None:
                yield begun.result()
            begun = following
        if begun is not None:
            yield begun.result()


def _as_text(said: pl.DataFrame) -> memoryview:
    # By instrument, as most readers ask.
    ordered = said.sort("card_id", "grade_code", "ts", "trade_id")
    return rows_as_text(ordered.select(COLUMNS))


@dataclass(frozen=True)
class NewMonths:
    """Months that are missing, filled within the transaction that makes them."""

    connection: psycopg.Connection

    def fill(self, said: pl.DataFrame) -> pl.DataFrame:
        """Make the missing months of `said` (SAID), and take in the new sales of them that are told
        once; those that were taken.

        All or nothing with everything else of the transaction: until it commits, nobody sees the
        months.
        """
        dated = said.with_columns(month=MONTH)
        tables = self._begin(dated.get_column("month").unique().drop_nulls().to_list())
        alone = pl.col("trade_id").is_unique() & (pl.col("action") == TOLD)
        rows = (
            dated.filter(alone & pl.col("month").is_in(list(tables))) if tables else dated.clear()
        )
        new = rows.join(self._known(rows), on="trade_id", how="anti")
        by_month = new.partition_by("month", as_dict=True)
        filled = {month: by_month.get((month,)) for month in tables}
        keys = SaleKeys(self.connection)
        texts = one_ahead(_as_text, [rows for rows in filled.values() if rows is not None])
        for month, told in filled.items():
            if told is not None:
                table = sql.Identifier("market", tables[month])
                copy_text(self.connection, table, COLUMNS, next(texts))
            self.connection.execute("select market.finish_trades_month(%s)", (month,))
            sales = pl.Series(dtype=pl.Int64) if told is None else told.get_column("trade_id")
            keys.note_month(month, sales)
        return new.drop("month")

    def _begin(self, months: Collection[date]) -> dict[date, str]:
        asked = {
            month: self.connection.execute(
                "select market.begin_trades_month(%s)", (month,)
            ).fetchone()
            for month in sorted(months)
        }
        return {month: row[0] for month, row in asked.items() if row and row[0]}

    def _known(self, rows: pl.DataFrame) -> pl.DataFrame:
        keys = rows.select("trade_id")
        sources = rows.get_column("source").unique().to_list()
        met = self.connection.execute(ANY_OF_SOURCES, (sources,)).fetchone()
        if keys.is_empty() or not met or not met[0]:
            return keys.clear()
        SaleKeys(self.connection).look(keys.get_column("trade_id"))
        return read_frame(self.connection, KNOWN, {"trade_id": pl.Int64})
