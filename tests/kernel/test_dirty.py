"""The dirty set: marked in the producer's transaction, cleared for the generation that was seen."""

from datetime import date

import psycopg

from kernel.db import dirty
from tests.fixtures.postgres import DatabaseUrls

DAY = date(2026, 3, 1)
MARK = dirty.Mark("base1-4", "psa9", DAY, DAY)


def test_a_mark_is_pending_until_it_is_cleared(database: DatabaseUrls) -> None:
    with psycopg.connect(database.ingestion) as connection:
        assert dirty.mark(connection, "bars", [MARK, MARK]) == 1
        work = dirty.pending(connection, "bars")
        assert [(row.card_id, row.day, row.generation) for row in work] == [("base1-4", DAY, 1)]
        assert dirty.clear(connection, "bars", work) == 1
        assert dirty.pending(connection, "bars") == []


def test_a_mark_made_while_the_consumer_works_survives_it(database: DatabaseUrls) -> None:
    with (
        psycopg.connect(database.ingestion) as consumer,
        psycopg.connect(database.ingestion) as producer,
    ):
        dirty.mark(producer, "bars", [MARK])
        producer.commit()
        work = dirty.pending(consumer, "bars")
        dirty.mark(producer, "bars", [MARK])
        producer.commit()
        assert dirty.clear(consumer, "bars", work) == 0
        assert [row.generation for row in dirty.pending(consumer, "bars")] == [2]


def test_a_producer_that_fails_leaves_no_work(database: DatabaseUrls) -> None:
    with psycopg.connect(database.ingestion) as connection:
        dirty.mark(connection, "signals", [MARK])
        connection.rollback()
        assert dirty.pending(connection, "signals") == []


def test_the_oldest_run_comes_first(database: DatabaseUrls) -> None:
    late = MARK._replace(as_of=date(2026, 3, 5))
    with psycopg.connect(database.ingestion) as connection:
        dirty.mark(connection, "signals", [late, MARK])
        assert [row.as_of for row in dirty.pending(connection, "signals")] == [DAY, late.as_of]


def test_a_set_that_was_counted_when_it_was_empty_is_still_cleared_at_once(
    database: DatabaseUrls,
) -> None:
    """So counted, it was taken for one row, and 115,846 marks of one night took over 5 minutes."""
    many = [MARK._replace(card_id=f"card-{n}") for n in range(30_000)]
    with psycopg.connect(database.ingestion) as connection:
        dirty.mark(connection, "bars", many)
        connection.commit()
        dirty.clear(connection, "bars", dirty.pending(connection, "bars"))
        connection.commit()
        with psycopg.connect(database.superuser, autocommit=True) as owner:
            owner.execute("analyze market.dirty")
        dirty.mark(connection, "bars", many)
        connection.execute("set local statement_timeout = '20s'")
        work = dirty.pending(connection, "bars")
        assert dirty.clear(connection, "bars", work) == len(many)
        told = connection.execute("show enable_nestloop").fetchone()
    assert told == ("on",)
