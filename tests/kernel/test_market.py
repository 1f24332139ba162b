"""Bars as of a moment: what was known then, including versions that were replaced later."""

from datetime import UTC, date, datetime

import psycopg
import pytest

from kernel.db.market import BAR_SCHEMA, bars_as_of
from tests.fixtures.postgres import DatabaseUrls

DAY = date(2026, 3, 1)
SPAN = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}


def at(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.fixture
def corrected_bar(database: DatabaseUrls) -> DatabaseUrls:
    """A bar known on the 2nd at $100 that a late sale, known on the 5th, turned into $120."""
    with psycopg.connect(database.ingestion) as connection:
        connection.execute("select market.ensure_month_partitions('prices_daily', %s)", ([DAY],))
        connection.execute(
            "insert into market.prices_daily values"
            " ('base1-4', 'psa9', %s, 'trade', 10000, 12000, 10000, 12000, 2, %s)",
            (DAY, at(5)),
        )
        connection.execute(
            "insert into market.prices_daily_history values"
            " ('base1-4', 'psa9', %s, 'trade', %s, %s, 10000, 10000, 10000, 10000, 1, 'late sale')",
            (DAY, at(2), at(5)),
        )
    return database


@pytest.mark.parametrize(
    ("as_of", "closes"),
    [(at(1), []), (at(2), [10000]), (at(4), [10000]), (at(5), [12000]), (at(9), [12000])],
)
def test_each_moment_sees_the_version_that_stood_then(
    corrected_bar: DatabaseUrls, as_of: datetime, closes: list[int]
) -> None:
    with psycopg.connect(corrected_bar.api_gw) as connection:
        bars = bars_as_of(connection, as_of=as_of, **SPAN)
    assert bars["close_cents"].to_list() == closes
    assert dict(bars.schema) == dict(BAR_SCHEMA)


def test_bars_known_is_put_into_the_query_that_calls_it(corrected_bar: DatabaseUrls) -> None:
    """So that the reader's conditions still choose indexes and month partitions."""
    asked = (
        "explain select close_cents from market.bars_known(now())"
        " where card_id = 'base1-4' and day between '2026-03-01' and '2026-03-31'"
    )
    with psycopg.connect(corrected_bar.migrations) as connection:
        connection.execute("set role market_owner")
        connection.execute(
            "create table market.prices_daily_2025_12 partition of"
            " market.prices_daily for values from ('2025-12-01') to ('2026-01-01')"
        )
        connection.execute("set enable_seqscan = off")
        plan = " ".join(row[0] for row in connection.execute(asked).fetchall())
    assert "Function Scan" not in plan
    assert "prices_daily_2026_03" in plan
    assert "prices_daily_2025_12" not in plan
    assert "Index Cond: ((card_id = 'base1-4'" in plan
