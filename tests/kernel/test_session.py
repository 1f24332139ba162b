"""A job is told what kept PostgreSQL from doing its work, and all of it is worth a retry."""

import psycopg
import pytest
from pydantic import SecretStr

from kernel.db.session import job_transaction
from kernel.errors import Unavailable
from tests.fixtures.postgres import DatabaseUrls


def job(url: str, *statements: str) -> None:
    with job_transaction(SecretStr(url)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_a_server_that_is_not_there_asks_whether_the_stack_is_up() -> None:
    with pytest.raises(Unavailable, match="is the stack up"):
        job("postgresql://ingestion@127.0.0.1:1/nothing")


@pytest.mark.parametrize(
    ("limit", "advice"),
    [
        ("set local lock_timeout = '20ms'", "another job holds what this one needs"),
        ("set local statement_timeout = '20ms'", "a statement took longer than this login may"),
    ],
)
def test_a_timeout_is_not_called_a_server_that_is_away(
    database: DatabaseUrls, limit: str, advice: str
) -> None:
    with psycopg.connect(database.superuser) as other:
        other.execute("lock table market.cards in access exclusive mode")
        with pytest.raises(Unavailable, match=advice) as refused:
            job(database.ingestion, limit, "select count(*) from market.cards")
    assert "is the stack up" not in str(refused.value)


def idle_too_long(database: DatabaseUrls) -> None:
    still_there = "select from pg_stat_activity where pid = %s"
    with (
        psycopg.connect(database.superuser, autocommit=True) as observer,
        job_transaction(SecretStr(database.ingestion)) as connection,
    ):
        connection.execute("set local idle_in_transaction_session_timeout = '20ms'")
        while observer.execute(still_there, [connection.info.backend_pid]).fetchone() is not None:
            pass
        connection.execute("select 1")


def test_a_transaction_that_idled_too_long_is_worth_a_retry(database: DatabaseUrls) -> None:
    with pytest.raises(Unavailable, match="computed too long inside one transaction"):
        idle_too_long(database)


def test_a_full_disk_is_named(database: DatabaseUrls) -> None:
    full = "do $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$"
    with pytest.raises(Unavailable, match="its disk is full"):
        job(database.ingestion, full)
