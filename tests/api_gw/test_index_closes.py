"""Changed closes on their way from the bus into the search: once, twice, late, and broken."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from api_gw.adapters.card_search import PostgresCardSearch
from api_gw.adapters.database import Database
from kernel.bus import Topic
from kernel.ids import CardId, GradeCode, Instrument
from stack.bootstrap.bus import CLOSES_TRIED_AT_MOST, ClosesBus
from tests.api_gw.arrange import Arrangement, every
from tests.api_gw.conftest import LAST_DAY, NIGHT, Api
from tests.fixtures.aws import VISIBLE_AGAIN_S, sqs_client
from tests.fixtures.s3 import AwsAccess

TOLD = ["base1-4", "psa10"], ["base1-4", "raw"]
Index = Callable[[], dict[str, Any]]


@pytest.fixture
def topic(aws: AwsAccess, closes_bus: ClosesBus, monkeypatch: pytest.MonkeyPatch) -> Topic:
    for name, value in {**aws.environment(), "AWS_ENDPOINT_URL": aws.endpoint_url}.items():
        monkeypatch.setenv(name, value)
    return Topic(closes_bus.topic_arn)


@pytest.fixture
def index(market: Arrangement, topic: Topic, closes_bus: ClosesBus, repository: Path) -> Index:
    """Runs the job as Airflow does; its summary."""

    def run() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "api_gw", "job", "index_closes"],
            env={
                **os.environ,
                "API_GW_DATABASE_URL": market.urls.api_gw,
                "PRICER_CLOSES_QUEUE_URL": closes_bus.queue_url,
            },
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    return run


def shown(api: Api, query: str = "charizard") -> list[dict[str, Any]]:
    closes: list[dict[str, Any]] = api(f"/search?q={query}").json()["cards"][0]["closes"]
    return closes


def test_a_changed_close_is_found_beside_the_card(own_api: Api, topic: Topic, index: Index) -> None:
    assert shown(own_api) == []
    topic.publish({"instruments": [*TOLD, ["base1-2", "raw"], ["gone-1", "raw"]]})
    done = index()
    assert (done["messages"], done["instruments"], done["changed"]) == (1, 4, 2)
    day, believed = LAST_DAY.isoformat(), {"divergent": None}
    assert shown(own_api) == [
        {"grade_code": "psa10", "series": "trade", "day": day, "close_cents": 400_000} | believed,
        {"grade_code": "raw", "series": "quote", "day": day, "close_cents": 4_000} | believed,
    ]
    assert shown(own_api, "blastoise") == []


def test_the_close_of_what_is_flagged_stays_and_says_so(
    own_api: Api, market: Arrangement, topic: Topic, index: Index
) -> None:
    topic.publish({"instruments": list(TOLD)})
    index()
    market.flag("base1-4", "psa10", opened=NIGHT, ratio=4.5)
    market.bars("base1-4", "psa10", [(LAST_DAY + timedelta(days=1), 1_800_000)])
    topic.publish({"instruments": list(TOLD)})
    assert index()["changed"] == 0
    psa10, raw = shown(own_api)
    assert psa10["close_cents"] == 400_000
    why = [{"rule": "sources", "ratio": 4.5}]
    assert psa10["divergent"] == {"since": "2026-10-01T00:00:00Z", "why": why}
    assert raw["divergent"] is None
    with psycopg.connect(market.urls.superuser) as connection:
        connection.execute("update market.divergences set closed_at=now(), closed_as_of=now()")
    topic.publish({"instruments": list(TOLD)})
    assert index()["changed"] == 1
    assert shown(own_api)[0]["close_cents"] == 1_800_000


def test_hearing_twice_changes_nothing_and_the_queue_is_empty_after_it(
    own_api: Api, topic: Topic, index: Index
) -> None:
    for _ in range(2):
        topic.publish({"instruments": list(TOLD)})
    assert index() == {
        "job": "index_closes",
        "messages": 2,
        "instruments": 4,
        "changed": 2,
        "refused": 0,
    }
    time.sleep(VISIBLE_AGAIN_S)
    assert index()["messages"] == 0


def test_a_bar_that_went_away_leaves_the_search_too(
    own_api: Api, market: Arrangement, topic: Topic, index: Index
) -> None:
    topic.publish({"instruments": list(TOLD)})
    index()
    with psycopg.connect(market.urls.superuser) as connection:
        connection.execute("delete from market.prices_daily where grade_code = 'raw'")
    topic.publish({"instruments": list(TOLD)})
    assert index()["changed"] == 1
    assert [close["grade_code"] for close in shown(own_api)] == ["psa10"]


def test_a_message_nobody_can_read_becomes_a_dead_letter_and_stops_no_other(
    topic: Topic, index: Index, aws: AwsAccess, closes_bus: ClosesBus
) -> None:
    topic.publish({"instruments": [["base1-4"]]})
    topic.publish({"instruments": list(TOLD)})
    told = [index()]
    for _ in range(CLOSES_TRIED_AT_MOST):
        time.sleep(VISIBLE_AGAIN_S)
        told.append(index())
    assert (told[0]["changed"], sum(one["refused"] for one in told)) == (2, CLOSES_TRIED_AT_MOST)
    dead = sqs_client(aws).receive_message(QueueUrl=closes_bus.dead_letters_url)["Messages"]
    assert [json.loads(one["Body"]) for one in dead] == [{"instruments": [["base1-4"]]}]


def test_the_search_shows_the_series_that_readers_use(market: Arrangement, own_api: Api) -> None:
    """The rule is written in two languages; they agree."""
    market.card("base1-5", "Chansey", number="5")
    cases = {
        "psa10": [("trade", 11), ("quote", 3)],
        "psa9": [("trade", 12), ("quote", 3)],
        "psa8": [("trade", 2), ("bar", 12)],
        "psa7": [("bar", 3), ("trade", 1)],
    }
    for grade, series in cases.items():
        for kind, count in series:
            closes = every(5, last=LAST_DAY, cents=[1000 + 100 * count] * count)
            market.bars("base1-5", grade, closes, kind=kind)
    old = every(5, last=date(2020, 1, 1), cents=[500] * 3)
    market.bars("base1-5", "psa6", old, kind="quote")
    market.bars("base1-5", "psa6", every(5, last=LAST_DAY, cents=[700]), kind="trade")
    grades = [*cases, "psa6"]
    told = [Instrument(CardId("base1-5"), GradeCode(grade)) for grade in grades]

    async def indexed() -> int:
        database = Database(SecretStr(market.urls.api_gw), writes=True)
        try:
            return await PostgresCardSearch(database).index(told)
        finally:
            await database.close()

    assert asyncio.run(indexed()) == len(grades)
    page = own_api("/cards/base1-5").json()["grades"]
    said = {(one["grade_code"], one["series"], one["price_cents"]) for one in page}
    found = shown(own_api, "chansey")
    assert {(one["grade_code"], one["series"], one["close_cents"]) for one in found} == said
    assert len(said) == len(grades)
