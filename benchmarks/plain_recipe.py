"""The plain way to load sales: dedup in polars, binary COPY to staging, INSERT .. ON CONFLICT.

The key is the marketplace's number as text; columns, months and other indexes are as ours.
"""

from datetime import date, timedelta

import polars as pl
import psycopg

from benchmarks.stores import Database

COLUMNS = {
    "ts": "timestamptz",
    "card_id": "text",
    "grade_code": "text",
    "source": "text",
    "source_sale_id": "text",
    "told_as": "int8",
    "price_cents": "int8",
    "seller": "text",
    "url": "text",
    "known_at": "timestamptz",
    "reported_at": "timestamptz",
    "meta": "text",
}
TABLE = """
create schema plain;
create table plain.trades (
  ts timestamptz not null,
  card_id text not null,
  grade_code text not null,
  source text not null,
  source_sale_id text not null,
  told_as bigint not null,
  price_cents int not null check (price_cents > 0),
  currency text not null default 'USD' check (currency = 'USD'),
  seller text,
  url text,
  known_at timestamptz not null,
  reported_at timestamptz not null default now(),
  loaded_at timestamptz not null default now(),
  meta jsonb not null default '{}',
  unique (source, source_sale_id, ts)
) partition by range (ts);
create index on plain.trades (card_id, grade_code, ts);
create index on plain.trades (source, ts);
grant usage on schema plain to ingestion;
grant select, insert on plain.trades to ingestion;
"""
NAMES = ", ".join(COLUMNS)
TYPED = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
STAGE = f"create temp table staged ({TYPED}) on commit drop"
INTO_STAGE = f"copy staged ({NAMES}) from stdin (format binary)"
INSERT = f"""
insert into plain.trades ({NAMES}) select {NAMES.replace("meta", "meta::jsonb")} from staged
on conflict (source, source_sale_id, ts) do nothing
"""  # noqa: S608 (constants only)


def prepare(database: Database, first: date, months: int) -> None:
    """The empty table with its months."""
    with psycopg.connect(database.superuser) as connection:
        connection.execute(TABLE)
        month = first.replace(day=1)
        for _ in range(months):
            following = (month + timedelta(days=32)).replace(day=1)
            connection.execute(
                f"create table plain.trades_{month:%Y_%m} partition of plain.trades"
                f" for values from ('{month} 00:00:00+00') to ('{following} 00:00:00+00')"
            )
            month = following


def load(database: Database, records: pl.DataFrame) -> None:
    """Validated records to committed rows."""
    once = records.unique(["source", "source_sale_id"], keep="last")
    with database.connect() as connection:
        connection.execute(STAGE)
        with connection.cursor() as cursor, cursor.copy(INTO_STAGE) as copy:
            copy.set_types(list(COLUMNS.values()))
            for row in once.select(list(COLUMNS)).iter_rows():
                copy.write_row(row)
        connection.execute(INSERT)
