"""Bulk writes: rows are copied into a temporary table, from which one statement merges them."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString

import polars as pl
import psycopg
from psycopg import sql

POSTGRES_TYPES: Mapping[Any, LiteralString] = {
    pl.Int64: "bigint",
    pl.Float64: "double precision",
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamptz",
}

BINARY_NAMES: Mapping[str, str] = {"int": "int4"}  # what psycopg calls them


def stage_rows(
    connection: psycopg.Connection,
    name: str,
    columns: Sequence[tuple[str, LiteralString]],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Temporary table `name` of these columns (name, SQL type), gone when the transaction ends.

    Rows go in as binary, so a value has to be of its column's type: JSON is text, and a fraction is
    double precision, until the statement that merges them casts them.
    """
    _make(connection, name, columns)
    kinds = [BINARY_NAMES.get(kind, kind) for _, kind in columns]
    with connection.cursor() as cursor, cursor.copy(_copy(name)) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)
    _analyze(connection, name)


def stage_frame(connection: psycopg.Connection, name: str, frame: pl.DataFrame) -> None:
    """Temporary table `name` of the frame's columns and rows; in one block, so a million is fine.

    An empty text goes in as null.
    """
    columns = [(column, POSTGRES_TYPES[kind.base_type()]) for column, kind in frame.schema.items()]
    _make(connection, name, columns)
    copy_frame(connection, sql.Identifier(name), frame)
    _analyze(connection, name)


def copy_frame(connection: psycopg.Connection, table: sql.Identifier, frame: pl.DataFrame) -> None:
    """Append the frame's rows to the columns of its names; an empty text goes in as null."""
    copy_text(connection, table, frame.columns, rows_as_text(frame))


def rows_as_text(frame: pl.DataFrame) -> memoryview:
    """What `copy_text` appends."""
    body = io.BytesIO()
    frame.write_csv(
        body, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00", null_value=""
    )
    return body.getbuffer()


def copy_text(
    connection: psycopg.Connection, table: sql.Identifier, names: Sequence[str], body: memoryview
) -> None:
    """Append rows that `rows_as_text` made of a frame with columns of these names."""
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(body)


def _make(
    connection: psycopg.Connection, name: str, columns: Sequence[tuple[str, LiteralString]]
) -> None:
    table = sql.Identifier(name)
    typed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
    )
    connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(table))
    connection.execute(sql.SQL("create temp table {} ({}) on commit drop").format(table, typed))


def _copy(name: str) -> sql.Composed:
    return sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(name))


def _analyze(connection: psycopg.Connection, name: str) -> None:
    # Without it the planner takes a fresh temporary table for nearly empty or for huge.
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
