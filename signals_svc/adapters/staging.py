"""Bulk writes: rows are copied to a temporary table, one statement merges them."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql


def stage(
    connection: psycopg.Connection,
    name: str,
    columns: Sequence[tuple[str, LiteralString]],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Make temporary table `name` with these columns (name, SQL type) and copy the rows there."""
    table = sql.Identifier(name)
    names = sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns)
    types = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
    )
    connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(table))
    connection.execute(sql.SQL("create temp table {} ({}) on commit drop").format(table, types))
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as copy:
            for row in rows:
                copy.write_row(row)
        # Without it the planner takes a fresh temporary table for nearly empty or for huge.
        cursor.execute(sql.SQL("analyze {}").format(table))
