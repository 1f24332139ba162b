"""Moves what a query answers into a frame by COPY."""

import io

import polars as pl
import psycopg
from psycopg import sql

from ingestion.domain.records import Schema


def read_frame(
    connection: psycopg.Connection, query: str | sql.Composed, schema: Schema
) -> pl.DataFrame:
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
        sql.SQL(query) if isinstance(query, str) else query,
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
