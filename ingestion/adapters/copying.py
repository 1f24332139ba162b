"""Moves frames into temporary tables and queries into frames by COPY."""

import io

import polars as pl
import psycopg
from psycopg import sql

from ingestion.domain.records import Schema

POSTGRES_TYPES = {
    pl.Int64: "bigint",
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamptz",
}


def stage(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> None:
    """A temporary table of the frame's columns and rows, gone at the end of the transaction."""
    name = sql.Identifier(table)
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(POSTGRES_TYPES[kind.base_type()]))
        for column, kind in frame.schema.items()
    )
    connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(name))
    connection.execute(sql.SQL("create temp table {} ({}) on commit drop").format(name, columns))
    body = frame.write_csv(
        include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00", null_value=""
    )
    copy_in = sql.SQL("copy {} from stdin (format csv)").format(name)
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        copy.write(body)
    connection.execute(sql.SQL("analyze {}").format(name))


def read_frame(connection: psycopg.Connection, query: str, schema: Schema) -> pl.DataFrame:
    """The query's rows as the schema's columns, in the query's order.

    COPY takes no parameters: the query reads what it depends on from a staged table.
    """
    columns = sql.SQL(", ").join(
        # Microseconds since 1970, since parsing a million timestamps as text takes seconds.
        sql.SQL("(extract(epoch from {}) * 1000000)::bigint").format(sql.Identifier(name))
        if isinstance(kind, pl.Datetime)
        else sql.Identifier(name)
        for name, kind in schema.items()
    )
    statement = sql.SQL("copy (select {} from ({}) q) to stdout (format csv)").format(
        columns,
        sql.SQL(query),
    )
    body = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            body.write(piece)
    wire = {
        name: pl.Int64 if isinstance(kind, pl.Datetime) else kind for name, kind in schema.items()
    }
    if not body.tell():
        return pl.DataFrame(schema=schema)
    body.seek(0)
    frame = pl.read_csv(body, has_header=False, schema=wire)
    return frame.with_columns(
        pl.col(name).cast(kind) for name, kind in schema.items() if isinstance(kind, pl.Datetime)
    )
