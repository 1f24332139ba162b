"""SQL of archived months: what a month holds, and its detaching through the owner's function."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.domain.records import UTC_US, Schema
from ingestion.ports.upkeep import Fingerprint

COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute
where attrelid = to_regclass('market.' || quote_ident(%s)) and attnum > 0 and not attisdropped
order by attnum
"""
KINDS: Schema = {
    "bigint": pl.Int64,
    "integer": pl.Int64,
    "timestamp with time zone": UTC_US,
    "date": pl.Date,
}
EVENT_TIME = {"trades": "ts", "reported_prices": "day"}


@dataclass(frozen=True)
class ArchiveRepo:
    """Months of prices of one transaction."""

    connection: psycopg.Connection

    def old_months(self, table: str, before: date) -> list[date]:
        """Attached months before that day's, the oldest first."""
        found = self.connection.execute("select market.old_months(%s, %s)", (table, before))
        return [month for (month,) in found.fetchall()]

    def fingerprint(self, table: str, month: date) -> Fingerprint:
        """How many rows a month has, and a digest of them that knows no order."""
        query = "select rows, fingerprint from market.month_fingerprint(%s, %s)"
        row = self.connection.execute(query, (table, month)).fetchone()
        return Fingerprint(*(row or (0, 0)))

    def rows(self, table: str, month: date) -> pl.DataFrame:
        """Every column of a month's rows in key order; what parquet has no type for is its text."""
        columns = self.connection.execute(COLUMNS, (table,)).fetchall()
        schema: Schema = {name: KINDS.get(kind, pl.String) for name, kind in columns}
        told = sql.SQL(", ").join(
            sql.Identifier(name) if kind in KINDS else name_of(name) for name, kind in columns
        )
        query = sql.SQL("select {} from market.{} where {} >= {} and {} < {} order by 1, 2").format(
            told,
            sql.Identifier(table),
            sql.Identifier(EVENT_TIME[table]),
            sql.Literal(month),
            sql.Identifier(EVENT_TIME[table]),
            sql.Literal(next_month(month)),
        )
        return read_frame(self.connection, query, schema)

    def detach(self, table: str, month: date, told: Fingerprint, *, key: str, sha256: str) -> str:
        """`archived`, if the month still is what was read; else `busy` or `changed`."""
        row = self.connection.execute(
            "select market.archive_month(%s, %s, %s, %s, %s, %s)",
            (table, month, told.rows, told.digest, key, sha256),
        ).fetchone()
        return str(row[0]) if row else "changed"

    def attach(self, table: str, days: Collection[date]) -> int:
        """Make archived months of these days part of the table again; how many."""
        query = "select market.attach_archived_months(%s, %s)"
        row = self.connection.execute(query, (table, list(days))).fetchone()
        return row[0] if row else 0

    def settled_before(self) -> date | None:
        """Verdicts on prices before this day are not judged again; None where nothing is away."""
        row = self.connection.execute("select market.settled_before()").fetchone()
        return row[0] if row else None


def name_of(column: str) -> sql.Composed:
    """A column as text under its own name."""
    return sql.SQL("{}::text as {}").format(sql.Identifier(column), sql.Identifier(column))


def next_month(month: date) -> date:
    """The first of the month that follows."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
