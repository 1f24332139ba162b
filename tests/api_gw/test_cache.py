"""Owns what the cache may and may not do to an answer."""

import asyncio
import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from api_gw.adapters.redis_cache import REST_S, RedisCache
from kernel.cache import REFILLED_SERIES_TTL_S, SIGNAL_FIELDS, SIGNAL_TTL_S, series_key, signal_key
from stack import probes
from stack.child import running
from stack.parts import valkey as part
from stack.ports import PortBook
from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import LAST_DAY, NIGHT, Serving

SIGNAL = signal_key("base1-4", "psa10")
SERIES = series_key("base1-4", "psa10")
ASK_SIGNAL = "/cards/base1-4/signal?grade=psa10"
ASK_HISTORY = "/cards/base1-4/history?grade=psa10"


@pytest.fixture
def store(valkey: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(valkey) as client:
        yield client


def ttl(store: "redis.Redis", key: str) -> int:
    left = store.ttl(key)
    assert isinstance(left, int)
    return left


def body(store: "redis.Redis", key: str) -> bytes:
    value = store.get(key)
    assert isinstance(value, bytes)
    return value


def test_a_miss_fills_the_cache_for_a_day(
    standing_market: Arrangement, valkey: str, store: "redis.Redis", serving: Serving
) -> None:
    ask = serving(standing_market.urls.api_gw, valkey)
    assert ask(ASK_SIGNAL).json()["action"] == "BUY"
    cached = json.loads(body(store, SIGNAL))
    assert [one["horizon_days"] for one in cached] == [7, 30, 90]
    assert set(cached[0]) == set(SIGNAL_FIELDS)
    assert SIGNAL_TTL_S - 60 < ttl(store, SIGNAL) <= SIGNAL_TTL_S


def test_a_hit_is_the_answer_without_the_database(
    standing_market: Arrangement, valkey: str, store: "redis.Redis", serving: Serving
) -> None:
    serving(standing_market.urls.api_gw, valkey)(ASK_SIGNAL)
    changed = json.loads(body(store, SIGNAL))
    for one in changed:
        one["action"] = "SELL"
    store.set(SIGNAL, json.dumps(changed))
    nowhere = serving("postgresql://api_gw@127.0.0.1:1/nothing", valkey)
    assert nowhere(ASK_SIGNAL).json()["action"] == "SELL"


def test_history_is_kept_packed_and_read_back_the_same(
    standing_market: Arrangement, valkey: str, store: "redis.Redis", serving: Serving
) -> None:
    asked = ASK_HISTORY + "&overlay=momentum_30&window=90d"
    first = serving(standing_market.urls.api_gw, valkey)(asked)
    assert ttl(store, SERIES) <= REFILLED_SERIES_TTL_S
    nowhere = serving("postgresql://api_gw@127.0.0.1:1/nothing", valkey)
    assert nowhere(asked).content == first.content


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"\x00\xff", b"[]x", b'{"a":1}', b'[{"action":"BUY"}]', b"[1]", b"null"],
)
def test_a_broken_signal_is_read_from_the_store_and_refilled(
    broken: bytes,
    standing_market: Arrangement,
    valkey: str,
    store: "redis.Redis",
    serving: Serving,
) -> None:
    store.set(SIGNAL, broken)
    assert serving(standing_market.urls.api_gw, valkey)(ASK_SIGNAL).json()["action"] == "BUY"
    assert len(json.loads(body(store, SIGNAL))) == 3


@pytest.mark.parametrize("broken", [b"", b"not packed", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_broken_series_is_read_from_the_store_and_refilled(
    broken: bytes,
    standing_market: Arrangement,
    valkey: str,
    store: "redis.Redis",
    serving: Serving,
) -> None:
    store.set(SERIES, broken)
    answer = serving(standing_market.urls.api_gw, valkey)(ASK_HISTORY)
    assert len(answer.json()["bars"]) == 37
    assert body(store, SERIES) != broken


def test_a_key_of_another_type_is_no_error(
    standing_market: Arrangement, valkey: str, store: "redis.Redis", serving: Serving
) -> None:
    store.lpush(SIGNAL, "a list")
    assert serving(standing_market.urls.api_gw, valkey)(ASK_SIGNAL).json()["action"] == "BUY"


def test_a_refill_never_replaces_what_the_nightly_run_wrote(
    valkey: str, store: "redis.Redis"
) -> None:
    """A slow reader found nothing and asked the store; meanwhile the nightly run wrote."""

    async def refill() -> None:
        cache = RedisCache(SecretStr(valkey), clock=time.monotonic)
        assert await cache.get([SIGNAL]) == [None]
        store.set(SIGNAL, b"of the nightly run")
        await cache.put_absent(SIGNAL, b"of the slow reader", ttl_s=60)
        await cache.close()

    asyncio.run(refill())
    assert body(store, SIGNAL) == b"of the nightly run"
    assert store.ttl(SIGNAL) == -1


def test_after_a_failure_the_cache_rests_for_seconds() -> None:
    """Not every request waits for the deadline of a cache that hangs."""
    seconds = [0.0]

    async def asked() -> list[bool]:
        cache = RedisCache(SecretStr("redis://127.0.0.1:1/0"), clock=lambda: seconds[0])
        rested = []
        for moment in (0.0, REST_S - 1, REST_S + 1):
            seconds[0] = moment
            rested.append(cache.rests)
            await cache.get([SIGNAL])
        await cache.close()
        return rested

    assert asyncio.run(asked()) == [False, True, False]


def test_as_of_passes_the_cache_by(
    standing_market: Arrangement, valkey: str, store: "redis.Redis", serving: Serving
) -> None:
    ask = serving(standing_market.urls.api_gw, valkey)
    for asked in (ASK_SIGNAL, ASK_HISTORY):
        assert ask(f"{asked}&as_of={NIGHT + timedelta(days=1):%Y-%m-%d}T00:00:00Z").is_success
    assert store.dbsize() == 0


def test_absence_is_not_cached(market: Arrangement, valkey: str, serving: Serving) -> None:
    ask = serving(market.urls.api_gw, valkey)
    assert ask("/cards/base1-2/signal").status_code == 404
    assert ask("/cards/base1-2/history").status_code == 404
    market.bars("base1-2", "raw", [(LAST_DAY, 500)])
    market.signal("base1-2", "raw", "BUY", asof=NIGHT)
    assert ask("/cards/base1-2/signal").json()["action"] == "BUY"
    assert ask("/cards/base1-2/history").json()["bars"][0]["close_cents"] == 500


def test_a_cache_that_dies_makes_answers_slower_not_other(
    standing_market: Arrangement,
    tmp_path: Path,
    port_book: PortBook,
    first_port: int,
    serving: Serving,
) -> None:
    port = port_book.take("valkey that dies", first_port)
    password = secrets.token_urlsafe(12)
    url = part.url(port=port, password=password)
    program = part.program(part.prepare(tmp_path / "valkey", port=port, password=password))
    paths = (ASK_SIGNAL, ASK_HISTORY, "/cards/base1-4", "/search?q=charizard", "/movers")
    with running(program, partial(probes.valkey, url), log=tmp_path / "valkey.log"):
        ask = serving(standing_market.urls.api_gw, url)
        before = [ask(path).content for path in paths]
        assert ask("/readyz").json() == {"status": "ready", "cache": "answers"}
        with redis.Redis.from_url(url) as client:
            information = client.info("server")
        assert isinstance(information, dict)
        os.kill(information["process_id"], signal.SIGKILL)
        answers = [ask(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    assert [answer.content for answer in answers] == before
    assert ask("/readyz").json() == {"status": "ready", "cache": "away"}


def test_a_cache_that_was_never_there_is_no_error(
    standing_market: Arrangement, serving: Serving
) -> None:
    ask = serving(standing_market.urls.api_gw, "redis://127.0.0.1:1/0")
    assert ask(ASK_SIGNAL).json()["action"] == "BUY"
    assert ask("/readyz").json()["cache"] == "away"
