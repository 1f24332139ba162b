"""What was known of sales before their past was a table of versions is carried over."""

from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.histories import SALE_VERSIONS, beliefs, versions
from ingestion.domain.statements import STATEMENTS
from tests.fixtures.postgres import DatabaseUrls
from tests.migrations.test_schema import migrate

# Sale 1 was corrected and told once more; 2 was revoked and reinstated by a person; 3 was cancelled
# after a correction; 4 was told twice in the same words; of 5 nothing more was said.
OLD = """
select market.ensure_month_partitions('trades', array[date '2024-05-01']);
insert into market.trades (trade_id, ts, card_id, grade_code, source, told_as, price_cents,
  known_at, reported_at)
values
  (1, '2024-05-01 10:00', 'base1-4', 'psa9', 'shop', 7, 12000, '2024-05-03', '2024-05-03'),
  (2, '2024-05-01 11:00', 'base1-4', 'psa9', 'shop', 7, 10000, '2024-05-01 11:00', '2024-05-02'),
  (3, '2024-05-01 12:00', 'base1-2', 'psa9', 'shop', 7, 9000, '2024-05-03', '2024-05-03'),
  (4, '2024-05-01 13:00', 'base1-4', 'psa9', 'shop', 7, 9000, '2024-05-01 13:00', '2024-05-02'),
  (5, '2024-05-01 14:00', 'base1-4', 'psa9', 'shop', 7, 9000, '2024-05-01 14:00', '2024-05-02');
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select trade_id, ts, '2024-05-03', 'corrected',
  jsonb_build_object('ts', ts, 'card_id', 'base1-4', 'grade_code', 'psa9', 'price_cents', 10000,
    'seller', null, 'told_as', 7, 'known_at', ts, 'reported_at', '2024-05-02T00:00:00Z'),
  jsonb_build_object('ts', ts, 'card_id', card_id, 'grade_code', 'psa9', 'price_cents',
    price_cents, 'seller', null, 'told_as', 7, 'known_at', ts, 'reported_at',
    '2024-05-03T00:00:00Z'), 'the source reported the sale with other content', 'load_trades'
from market.trades where trade_id in (1, 3);
insert into market.trade_revisions (trade_id, ts, known_at, action, reason, actor) values
  (2, '2024-05-01 11:00', '2024-05-05', 'revoked', 'unpaid', 'ann'),
  (2, '2024-05-01 11:00', '2024-05-07', 'reinstated', 'paid', 'ann'),
  (3, '2024-05-01 12:00', '2024-05-05', 'revoked', 'the source cancelled the sale', 'load_trades');
insert into market.standing_reports (trade_id, told_at) values
  (1, '2024-05-04'), (4, '2024-05-02'), (4, '2024-05-03');
"""
STRETCHES = """
select trade_id, card_id, price_cents, known_at::text, until::text, present
from market.trade_versions order by trade_id, number
"""
PRESENT = "select trade_id, known_at::text, until::text from market.trades order by 1"
EXPECTED = [
    (1, "base1-4", 10_000, "2024-05-01 10:00:00+00", "2024-05-03 00:00:00+00", False),
    (1, "base1-4", 12_000, "2024-05-03 00:00:00+00", None, True),
    (2, "base1-4", 10_000, "2024-05-01 11:00:00+00", "2024-05-05 00:00:00+00", False),
    (2, "base1-4", 10_000, "2024-05-07 00:00:00+00", None, True),
    (3, "base1-4", 10_000, "2024-05-01 12:00:00+00", "2024-05-03 00:00:00+00", False),
    (3, "base1-2", 9_000, "2024-05-03 00:00:00+00", "2024-05-05 00:00:00+00", True),
]


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()


def derived(url: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The versions in the table, and those that follow from the statements."""
    bounds = ["trade_id", "card_id", "price_cents", "known_at", "until", "before_cents",
              "after_cents", "present"]  # fmt: skip
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        told = read_frame(connection, "select * from market.trade_statements", STATEMENTS)
        asked = f"select {', '.join(SALE_VERSIONS)} from market.trade_versions"
        stretches = connection.execute(asked).fetchall()
    held = pl.DataFrame(stretches, schema=SALE_VERSIONS, orient="row")
    found = beliefs(told)
    several = found.filter(pl.len().over("trade_id") > 1)
    follow = versions(several)
    by = ("trade_id", "known_at")
    return held.select(bounds).sort(by), follow.select(bounds).sort(by)


def test_the_past_of_sales_is_carried_over_and_back(
    database: DatabaseUrls, repository: Path
) -> None:
    migrate("downgrade", "0020", url=database.migrations, repository=repository)
    with psycopg.connect(database.superuser, options="-c timezone=UTC") as connection:
        connection.execute(OLD)
    for way in ("0021", "0020", "0021"):
        turn = "downgrade" if way == "0020" else "upgrade"
        migrate(turn, way, url=database.migrations, repository=repository)
    assert rows(database.superuser, STRETCHES) == EXPECTED
    assert rows(database.superuser, PRESENT) == [
        (1, "2024-05-03 00:00:00+00", None),
        (2, "2024-05-07 00:00:00+00", None),
        (3, "2024-05-03 00:00:00+00", "2024-05-05 00:00:00+00"),
        (4, "2024-05-01 13:00:00+00", None),
        (5, "2024-05-01 14:00:00+00", None),
    ]
    held, follow = derived(database.superuser)
    assert held.rows() == follow.rows()
