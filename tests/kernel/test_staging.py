"""Rows go to the server as binary and come back as they were; a wrong type is no row."""

from datetime import UTC, date, datetime

import psycopg
import pytest

from kernel.db.staging import stage_rows
from tests.fixtures.postgres import DatabaseUrls

COLUMNS = (
    ("name", "text"),
    ("count", "int"),
    ("share", "double precision"),
    ("day", "date"),
    ("at", "timestamptz"),
    ("is_so", "boolean"),
)
ROWS = [
    ("Pokémon\t\\N", 12, 0.1, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 6, UTC), True),
    ("", 2**31 - 1, -1e-9, date(1999, 1, 9), datetime(1999, 1, 9, tzinfo=UTC), False),
    (None,) * 6,
]


def test_rows_come_back_as_they_went_in(database: DatabaseUrls) -> None:
    with psycopg.connect(database.signals_svc, options="-c timezone=UTC") as connection:
        stage_rows(connection, "told", COLUMNS, ROWS)
        rows = connection.execute("select * from told order by count nulls last").fetchall()
    assert rows == ROWS


def test_a_text_is_no_number(database: DatabaseUrls) -> None:
    with (
        psycopg.connect(database.signals_svc) as connection,
        pytest.raises((TypeError, ValueError)),
    ):
        stage_rows(connection, "told", COLUMNS[:2], [("a", "12")])
