"""Owns how failures are told: RFC 9457 problem documents with what to do."""

import psycopg
import pytest

from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import Api, Serving

NOT_THERE = [
    ("/cards/base1-9999", "Find its id with /search"),
    ("/cards/base1-9999/signal", "Find its id with /search"),
    ("/cards/base1-9999/history", "Find its id with /search"),
    ("/cards/' or 1=1 --", "There is no card"),
    ("/cards/a%00b", "There is no card"),
    ("/cards/base1-4?grade=psa99", "Grades are written raw, psa10"),
    ("/cards/base1-4/history?grade=PSA%2010", "Grades are written raw, psa10"),
    ("/cards/base1-4?grade=psa9", "It has prices as psa10, raw."),
    ("/cards/base1-4/history?grade=psa9", "It has prices as psa10, raw."),
    ("/cards/base1-4/signal?grade=psa9", "It has prices as psa10, raw."),
    ("/cards/base1-2/history", "It has none in any grade."),
    ("/cards/base1-4/signal?grade=psa10&horizon=45", "Horizons with a signal: 7, 30, 90 days."),
    ("/cards/base1-4/signal?grade=psa10&as_of=2020-01-01T00:00:00Z", "known by 2020-01-01"),
    ("/cards/base1-4/history?grade=psa10&as_of=2020-01-01T00:00:00Z", "known by 2020-01-01"),
    ("/search?set=bass", "There is no set 'bass'. The most similar are base1."),
    ("/search?set=a%00", "There is no set"),
    ("/nowhere", "Not Found"),
]

REFUSED = [
    ("/search?page=0", "query.page"),
    ("/search?page=501", "query.page"),
    ("/search?limit=101", "query.limit"),
    ("/search?q=" + "x" * 121, "query.q"),
    ("/movers?window=8", "query.window"),
    ("/movers?direction=sideways", "query.direction"),
    ("/movers?limit=1000000", "query.limit"),
    ("/cards/base1-4/history?window=365", "query.window"),
    ("/cards/base1-4/history?window=0d", "query.window"),
    ("/cards/base1-4/history?overlay=momentum_31", "momentum_7, momentum_30"),
    ("/cards/base1-4/signal?horizon=0", "query.horizon"),
    ("/cards/base1-4?as_of=2024-01-01T00:00:00", "query.as_of"),
    ("/cards/base1-4?as_of=yesterday", "query.as_of"),
    ("/cards/base1-4?as_of=0001-01-01T00:00:00Z", "choose a year from 1900 to 2999"),
    ("/cards/base1-4/history?as_of=9999-12-31T23:59:59-05:00", "choose a year from 1900 to 2999"),
]


def is_problem(api: Api, path: str, status: int, said: str) -> None:
    answer = api(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    assert said in problem["detail"]


def test_what_is_not_there_is_a_404_that_says_what_is(api: Api) -> None:
    for path, said in NOT_THERE:
        is_problem(api, path, 404, said)


def test_a_wrong_parameter_is_a_422_that_names_it(api: Api) -> None:
    for path, said in REFUSED:
        is_problem(api, path, 422, said)


@pytest.mark.parametrize(
    "path",
    ["/search?q=charizard", "/cards/base1-4", "/cards/base1-4/signal", "/movers"],
)
def test_a_database_that_is_away_is_a_503_with_a_time_to_retry(path: str, serving: Serving) -> None:
    ask = serving("postgresql://api_gw@127.0.0.1:1/nothing")
    is_problem(ask, path, 503, "The database did not answer")
    assert ask(path).headers["retry-after"] == "5"


def test_no_answer_reveals_how_it_was_made(serving: Serving) -> None:
    ask = serving("postgresql://api_gw:secret@127.0.0.1:1/nothing")
    assert "secret" not in ask("/movers").text


def test_a_locked_table_is_a_503_with_a_time_to_retry(market: Arrangement, own_api: Api) -> None:
    """A load that adds a partition holds such a lock until it commits."""
    with psycopg.connect(market.urls.superuser) as loader:
        loader.execute("lock table market.prices_daily in access exclusive mode")
        is_problem(own_api, "/cards/base1-4", 503, "LockNotAvailableError")


def test_a_question_that_takes_too_long_is_a_503(market: Arrangement, own_api: Api) -> None:
    with psycopg.connect(market.urls.superuser, autocommit=True) as administrator:
        administrator.execute(
            f"alter role api_gw in database {market.urls.name} set statement_timeout = '100ms'"
        )
        administrator.execute(
            f"alter role api_gw in database {market.urls.name} set lock_timeout = '10s'"
        )
    with psycopg.connect(market.urls.superuser) as loader:
        loader.execute("lock table market.prices_daily in access exclusive mode")
        is_problem(own_api, "/cards/base1-4", 503, "QueryCanceledError")
