"""SQL of archived months: what a month holds, and its detaching through the owner's function."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.domain.errors import MonthLost
from ingestion.domain.records import UTC_US, Schema
from ingestion.ports.upkeep import Fingerprint
from kernel.db.staging import stage_frame

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
ANY_AWAY = """
select exists (select from market.archived_months where parent = %s and restored_at is null)
"""
MONTHS_OF_KEYS = """
select distinct k.month from market.archived_keys k join asked_keys using (price_id)
where k.parent = %s order by 1
"""
MONTHS_REFUSED = """
select distinct k.month
from market.quarantine q join market.archived_keys k on k.price_id = q.trade_id
where k.parent = 'trades' and q.source = %s and not q.settled order by 1
"""
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
        """Make archived months of these days part of the table again; how many. No other month is
        archived until the transaction ends. Raises MonthLost."""
        query = "select market.attach_archived_months(%s, %s)"
        try:
            row = self.connection.execute(query, (table, list(days))).fetchone()
        except psycopg.errors.UndefinedTable as error:
            raise MonthLost([error.diag.message_detail or table]) from error
        return row[0] if row else 0

    def months_of(self, table: str, keys: pl.Series) -> list[date]:
        """The archived months of the sales or figures with these ids."""
        away = self.connection.execute(ANY_AWAY, (table,)).fetchone()
        if keys.is_empty() or away is None or not away[0]:
            return []
        stage_frame(self.connection, "asked_keys", keys.alias("price_id").to_frame())
        found = self.connection.execute(MONTHS_OF_KEYS, (table,)).fetchall()
        return [month for (month,) in found]

    def months_refused(self, source: str) -> list[date]:
        """The archived months of sales whose refusals no load has looked at yet."""
        found = self.connection.execute(MONTHS_REFUSED, (source,)).fetchall()
        return [month for (month,) in found]

    def hold(self) -> None:
        """Nothing is archived or attached until the transaction ends: the whole past can be read.

        Raises MonthLost.
        """
        lost = self.connection.execute("select market.read_archived()").fetchall()
        if lost:
            raise MonthLost([f"market.{part}" for (part,) in lost])


def name_of(column: str) -> sql.Composed:
    """A column as text under its own name."""
    return sql.SQL("{}::text as {}").format(sql.Identifier(column), sql.Identifier(column))


def next_month(month: date) -> date:
    """The first of the month that follows."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
