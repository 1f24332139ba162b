"""What processes share about a source: two doors, and two jobs, over one real Valkey."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.responses import JSONResponse, Response
from redis import Redis

from ingestion.adapters.sources.breaker import FAILURES, REST_S, LocalBreaker, RedisBreaker
from ingestion.adapters.sources.edge import Clock, Edge
from ingestion.adapters.sources.limits import LocalLimit, Rate, RedisLimit
from ingestion.domain.errors import SourceClosed, SourceUnavailable
from stack.ports import PortBook
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import Job

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
SICK = JSONResponse({}, status_code=500)


@dataclass
class Passing:
    """One time for all processes of a test; it passes while any of them sleeps."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return sum(self.slept)

    def now_us(self) -> int:
        return round((NOW.timestamp() + self.now()) * 1_000_000)

    def wall(self) -> datetime:
        return NOW + timedelta(seconds=self.now())


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def api(port_book: PortBook, first_port: int) -> Iterator[Api]:
    with made_api(port_book.take("shared", first_port)) as made:
        made.answer = lambda path, params, body: {}
        yield made


def door(api: Api, valkey: str, passing: Passing) -> Edge:
    """The door of a process of its own."""
    redis = Redis.from_url(valkey)
    return Edge(
        source="psa",
        base_url=lambda: api.url,
        rate=Rate("psa", 30),
        deadline_s=10_000,
        limit=RedisLimit(redis, passing.now_us, LocalLimit(passing.now, passing.wall)),
        breaker=RedisBreaker(redis, passing.now_us, LocalBreaker(passing.now)),
        clock=Clock(sleep=passing.slept.append, now=passing.now, wall=passing.wall),
    )


def ask(edge: Edge) -> object:
    with edge.visit() as visit:
        return visit.get("/thing")


def test_a_wait_that_one_process_was_told_is_kept_by_the_others(
    api: Api, valkey: str, passing: Passing
) -> None:
    one, other = door(api, valkey, passing), door(api, valkey, passing)
    answers = [Response(status_code=429, headers={"Retry-After": "7200"})]
    api.answer = lambda path, params, body: answers.pop() if answers else {}
    with pytest.raises(SourceClosed, match="HTTP 429, asking to be left alone"):
        ask(one)
    with pytest.raises(SourceClosed, match="may be asked again at 2026-09-30T14:0") as closed:
        ask(other)
    assert len(api.asked) == 1
    assert closed.value.retry_after_s is not None
    assert closed.value.retry_after_s >= 7200
    passing.slept.append(7150)
    assert ask(other) == {}
    assert passing.now() >= 7200, "what is left of it can be waited for, and is"


def test_after_a_wait_turns_come_at_the_limit_and_none_before_it(
    api: Api, valkey: str, passing: Passing
) -> None:
    doors = [door(api, valkey, passing) for _ in range(4)]
    doors[0].limit.hold(doors[0].rate, 60)
    waits = [one.limit.turn(one.rate, patience_s=120) for one in doors]
    assert waits == [60, 62, 64, 66]
    doors[1].limit.hold(doors[1].rate, 5)
    assert doors[2].limit.turn(doors[2].rate, patience_s=120) == 68, "a shorter one frees nobody"


def test_failures_of_one_process_close_the_door_for_another_until_one_probe_works(
    api: Api, valkey: str, passing: Passing
) -> None:
    one, other = door(api, valkey, passing), door(api, valkey, passing)
    api.answer = lambda path, params, body: SICK
    with pytest.raises(SourceUnavailable, match="HTTP 500"):
        ask(one)
    assert len(api.asked) == FAILURES
    assert other.breaker is not None
    assert other.breaker.admit("psa") == pytest.approx(REST_S, abs=0.01)
    with pytest.raises(SourceClosed, match="failed several times in a row"):
        ask(other)
    assert len(api.asked) == FAILURES + 1, "one probe after the first rest"
    with pytest.raises(SourceClosed):
        ask(one)
    assert len(api.asked) == FAILURES + 1, "the second rest is not waited for"
    passing.slept.append(2 * REST_S)
    api.answer = lambda path, params, body: {}
    assert [ask(one), ask(other)] == [{}, {}]


def test_two_processes_send_one_probe_and_a_killed_probe_is_replaced(
    api: Api, valkey: str, passing: Passing
) -> None:
    one, other = (door(api, valkey, passing).breaker for _ in range(2))
    assert one is not None
    assert other is not None
    for _ in range(FAILURES):
        one.failed("psa")
    passing.slept.append(REST_S)
    assert one.admit("psa") == 0
    assert other.admit("psa") == 1
    passing.slept.append(200)
    assert other.admit("psa") == 0
    other.worked("psa")
    assert [one.admit("psa"), other.admit("psa")] == [0, 0]


def test_without_redis_each_process_has_a_breaker_of_its_own(passing: Passing) -> None:
    away = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    breaker = RedisBreaker(away, passing.now_us, LocalBreaker(passing.now))
    for _ in range(FAILURES):
        assert breaker.admit("psa") == 0
        breaker.failed("psa")
    assert breaker.admit("psa") == REST_S
    breaker.worked("psa")
    assert breaker.admit("psa") == 0


def test_a_job_that_meets_a_door_another_job_closed_fails_at_once_and_says_when_it_opens(
    job: Job, api: Api, valkey: str
) -> None:
    told = {
        "PRICER_MARKETPLACE_URL": api.url,
        "PRICER_MARKETPLACE_TOKEN": "t",
        "PRICER_REDIS_URL": valkey,
    }
    api.answer = lambda path, params, body: Response(
        status_code=503, headers={"Retry-After": "3600"}
    )
    run = ("fetch", "--source", "ebay", "--date", "2026-09-30")
    first, second = job(*run, **told), job(*run, **told)
    assert (first.code, second.code, len(api.asked)) == (75, 75, 1)
    assert "it asked to be left alone; it may be asked again at 20" in second.said
    assert 3500 < second.summary["retry_after_s"] <= 3630
