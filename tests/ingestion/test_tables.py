"""The tables ingestion writes are what the migrations make."""

import psycopg
import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from ingestion.adapters.tables import metadata
from tests.fixtures.postgres import DatabaseUrls

COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
  coalesce(a.attnum = any(i.indkey), false)
from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
"""


def described(table: Table) -> set[tuple[str, str, bool, bool]]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    return {
        (
            column.name,
            column.type.compile(dialect).lower().replace("numeric(4, 3)", "numeric(4,3)"),
            bool(column.nullable),
            column.primary_key,
        )
        for column in table.columns
    }


@pytest.fixture
def tables() -> list[Table]:
    return list(metadata.tables.values())


def test_every_column_has_the_name_type_and_key_of_the_migrated_one(
    database: DatabaseUrls, tables: list[Table]
) -> None:
    with psycopg.connect(database.ingestion) as connection:
        for table in tables:
            found = connection.execute(COLUMNS, (table.fullname,)).fetchall()
            assert set(found) == described(table), table.fullname
