"""Fills months of sales that are not there yet: copied into bare tables, which then join."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.domain.statements import TOLD
from kernel.db.staging import copy_frame, stage_frame

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
select k.trade_id from staged_keys k
where exists (select from market.trades t where t.trade_id = k.trade_id)
"""
MONTH = pl.col("ts").dt.date().dt.month_start()


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
        tables = self._begin(said.select(MONTH.unique()).drop_nulls().to_series().to_list())
        alone = pl.col("trade_id").is_unique() & (pl.col("action") == TOLD)
        rows = said.filter(alone & MONTH.is_in(list(tables))) if tables else said.clear()
        new = rows.join(self._known(rows), on="trade_id", how="anti")
        # By instrument, as most readers ask.
        ordered = new.sort("card_id", "grade_code", "ts", "trade_id")
        named = ordered.select(MONTH.alias("month"), *COLUMNS)
        by_month = named.partition_by("month", as_dict=True, include_key=False)
        for month, table in tables.items():
            if (month,) in by_month:
                copy_frame(self.connection, sql.Identifier("market", table), by_month[(month,)])
            self.connection.execute("select market.finish_trades_month(%s)", (month,))
        return new

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
        stage_frame(self.connection, "staged_keys", keys)
        return read_frame(self.connection, KNOWN, {"trade_id": pl.Int64})
