"""Owns what the process says of itself."""

import psycopg
import pytest

from stack.bootstrap.databases import Cluster
from tests.api_gw.conftest import Api, Serving, private_database
from tests.fixtures.postgres import DatabaseUrls, urls

NOWHERE = "postgresql://api_gw@127.0.0.1:1/nothing"


def test_health_needs_nothing_and_names_the_installation(serving: Serving) -> None:
    answer = serving(NOWHERE)("/healthz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "instance": "test-instance"},
    )
    assert answer.headers["cache-control"] == "no-store"


def test_ready_where_the_database_answers(api: Api) -> None:
    assert api("/readyz").json() == {"status": "ready", "cache": "none"}


def test_not_ready_without_the_database(serving: Serving) -> None:
    answer = serving(NOWHERE)("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"


def test_a_database_that_comes_later_is_found(postgres: Cluster, serving: Serving) -> None:
    """The pool is opened by a question, so a failed opening is not remembered."""
    ask = serving(urls(postgres, "api_later").api_gw)
    assert ask("/readyz").status_code == 503
    private_database(postgres, "api_later")
    assert ask("/readyz").status_code == 200


def test_connections_that_the_database_ended_are_not_felt(
    database: DatabaseUrls, serving: Serving
) -> None:
    ask = serving(database.api_gw)
    assert ask("/movers").status_code == 200
    with psycopg.connect(database.superuser) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'api_gw'"
        )
    assert ask("/movers").status_code == 200


def test_the_service_cannot_write(database: DatabaseUrls) -> None:
    with psycopg.connect(database.api_gw) as connection:
        connection.execute("set transaction read write")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from market.card_search")
