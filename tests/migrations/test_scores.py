"""Receipts, scores and replays go away and come back with their migrations."""

from pathlib import Path

import psycopg

from tests.fixtures.postgres import DatabaseUrls
from tests.migrations.test_schema import migrate

TABLES = "select tablename from pg_tables where schemaname = 'signals' order by tablename"
OURS = {"receipts", "scores", "replayed"}


def tables(database: DatabaseUrls) -> set[str]:
    with psycopg.connect(database.superuser) as connection:
        return {name for (name,) in connection.execute(TABLES).fetchall()}


def test_the_tables_of_what_came_of_signals_go_and_come_back(
    database: DatabaseUrls, repository: Path
) -> None:
    before = tables(database)
    assert before >= OURS
    migrate("downgrade", "0021", url=database.migrations, repository=repository)
    assert not tables(database) & OURS
    migrate("upgrade", "head", url=database.migrations, repository=repository)
    assert tables(database) == before
