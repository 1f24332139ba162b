"""The way out to a source, against a real HTTP server that misbehaves on purpose."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ingestion.adapters.sources.breaker import FAILURES, LOOK_AGAIN_S, PROBE_S, REST_S, LocalBreaker
from ingestion.adapters.sources.edge import (
    ATTEMPTS,
    Clock,
    CredentialRefused,
    Edge,
    json_of,
    retry_after,
)
from ingestion.adapters.sources.limits import LocalLimit, Rate
from ingestion.adapters.sources.paging import Pages
from ingestion.domain.errors import SourceClosed, SourceRefused, SourceUnavailable
from kernel.errors import Unavailable
from stack.ports import PortBook
from tests.ingestion.served import served

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
GOOD = {"answer": 42}


@dataclass
class Host:
    """Answers what a test has lined up, and after that a good answer."""

    lined_up: list[Response] = field(default_factory=list)
    asked: int = 0
    url: str = ""

    def answer(self) -> Response:
        self.asked += 1
        return self.lined_up.pop(0) if self.lined_up else JSONResponse(GOOD)


@pytest.fixture
def host(port_book: PortBook, first_port: int) -> Iterator[Host]:
    made, app = Host(), FastAPI()

    @app.get("/thing")
    async def thing() -> Response:
        return made.answer()

    @app.post("/thing")
    async def asked(request: Request) -> Response:
        return JSONResponse({"heard": await request.json(), "with": dict(request.headers)})

    with served(app, port_book.take("host", first_port)) as url:
        made.url = url
        yield made


@dataclass
class Passing:
    """Time that passes only while somebody sleeps."""

    slept: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(sleep=self.slept.append, now=lambda: sum(self.slept), wall=lambda: NOW)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def door(host: Host, passing: Passing) -> Edge:
    return Edge(
        source="host",
        base_url=lambda: host.url,
        rate=Rate("host", 60_000_000),
        deadline_s=300,
        headers=lambda: {"Authorization": "Bearer secret-word"},
        clock=passing.clock(),
        limit=LocalLimit(passing.clock().now, passing.clock().wall),
    )


def ask(door: Edge) -> Any:
    with door.visit() as visit:
        return visit.get("/thing")


def failing(times: int, status: int = 500, **headers: str) -> list[Response]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Response(status_code=status, headers=told) for _ in range(times)]


def test_what_passes_is_asked_again_after_growing_waits_with_jitter(
    host: Host, door: Edge, passing: Passing
) -> None:
    host.lined_up = failing(ATTEMPTS - 1, 503)
    assert ask(door) == GOOD
    assert host.asked == ATTEMPTS
    bounds = [0.5, 1.0, 2.0]
    assert all(wait <= bound for wait, bound in zip(passing.slept, bounds, strict=True))
    assert len(set(passing.slept)) == 3


def test_attempts_are_bounded_and_the_failure_is_retryable(host: Host, door: Edge) -> None:
    host.lined_up = failing(50)
    with pytest.raises(Unavailable, match="HTTP 500"):
        ask(door)
    assert host.asked == ATTEMPTS


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 30 Sep 2026 12:00:09 GMT", 9.0),
        ("Wed, 30 Sep 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(said: str | None, seconds: float | None) -> None:
    assert retry_after(said, NOW) == seconds


@pytest.mark.parametrize("said", ["7", "Wed, 30 Sep 2026 12:00:07 GMT"])
def test_the_wait_a_source_asks_for_is_kept(
    host: Host, door: Edge, passing: Passing, said: str
) -> None:
    host.lined_up = failing(1, 429, Retry_After=said)
    assert ask(door) == GOOD
    assert 7.0 <= sum(passing.slept) <= 8.0, "never sooner, and not all at once"


def test_who_asks_for_hours_is_left_to_the_next_run(
    host: Host, door: Edge, passing: Passing
) -> None:
    host.lined_up = failing(1, 429, Retry_After="7200")
    with pytest.raises(SourceClosed, match=r"may be asked again at 2026-09-30T14:0\d:\d\d") as late:
        ask(door)
    assert late.value.retry_after_s is not None
    assert 7200 <= late.value.retry_after_s <= 7230
    with pytest.raises(SourceClosed, match="asked to be left alone"):
        ask(door)
    assert (host.asked, passing.slept) == (1, [])
    passing.slept.append(7230)
    assert ask(door) == GOOD


def test_no_wait_goes_past_the_deadline(host: Host, door: Edge, passing: Passing) -> None:
    host.lined_up = failing(1, 429, Retry_After="30")
    with pytest.raises(SourceUnavailable):
        ask(replace(door, deadline_s=20))
    assert passing.slept == []


def test_an_answer_cut_short_is_asked_for_again(host: Host, door: Edge) -> None:
    cut = ['{"data": [{"id": "a', '{"data": [1, 2', ""]
    host.lined_up = [Response(body, media_type="application/json") for body in cut]
    assert ask(door) == GOOD
    host.lined_up = [Response(cut[0], media_type="application/json") for _ in range(ATTEMPTS)]
    with pytest.raises(SourceUnavailable, match="breaks off after 19 signs"):
        ask(door)


def test_whatever_place_an_answer_is_cut_at_it_is_worth_a_retry() -> None:
    whole = json.dumps({"a": [1, -2.5e3, True, None, "é\\"], "b": {"c": []}, "n": False})
    assert json_of("host", whole) == json.loads(whole)
    for end in range(len(whole)):
        with pytest.raises(SourceUnavailable, match=f"after {end} signs"):
            json_of("host", whole[:end])


def test_a_connection_that_breaks_off_is_worth_a_retry(host: Host, door: Edge) -> None:
    broken = Response(b"{}", headers={"Content-Length": "5000"}, media_type="application/json")
    host.lined_up = [broken]
    assert ask(door) == GOOD


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response("<html>A robot?</html>", media_type="text/html"), "text/html and no JSON"),
        (Response('{"a" 1, "b": 2}', media_type="application/json"), "its answer is no JSON"),
        (Response(status_code=418, content="teapot"), "HTTP 418: teapot"),
        (Response(status_code=302, headers={"Location": "/elsewhere"}), "HTTP 302"),
    ],
)
def test_nonsense_is_final_and_says_what_came(
    host: Host, door: Edge, answer: Response, words: str
) -> None:
    host.lined_up = [answer]
    with pytest.raises(SourceRefused, match=words):
        ask(door)
    assert host.asked == 1


def test_a_refused_credential_is_final_and_never_repeated_in_words(host: Host, door: Edge) -> None:
    host.lined_up = failing(1, 401)
    with pytest.raises(CredentialRefused, match="check its credential") as refused:
        ask(door)
    assert "secret-word" not in f"{refused.value} {door!r}"


def test_nothing_there_is_none(host: Host, door: Edge) -> None:
    host.lined_up = [*failing(1, 404), *failing(1, 204)]
    assert [ask(door), ask(door)] == [None, None]


def test_a_line_against_scripts_is_taken_off(host: Host, door: Edge) -> None:
    host.lined_up = [Response(')]}\',\n{"a": 1}', media_type="application/json")]
    assert ask(door) == {"a": 1}


def test_an_answer_that_drips_is_given_up(host: Host, door: Edge) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.05)

    host.lined_up = [
        StreamingResponse(drip(), media_type="application/json") for _ in range(ATTEMPTS)
    ]
    with pytest.raises(SourceUnavailable, match="still came"):
        ask(replace(door, clock=Clock(), deadline_s=0.6, call_timeout_s=0.3))


def test_questions_by_post_carry_the_body_and_the_headers(door: Edge) -> None:
    with door.visit() as visit:
        told = visit.post("/thing", {"offset": 25})
    assert told["heard"] == {"offset": 25}
    assert told["with"]["authorization"] == "Bearer secret-word"
    assert told["with"]["accept"] == "application/json"


def test_a_source_that_keeps_failing_is_left_alone_and_then_tried_once(
    host: Host, door: Edge, passing: Passing
) -> None:
    clock = passing.clock()
    guarded = replace(door, breaker=LocalBreaker(clock.now))
    host.lined_up = failing(FAILURES + 1)
    with pytest.raises(SourceUnavailable, match="HTTP 500"):
        ask(guarded)
    assert host.asked == FAILURES, "the attempts of one request suffice"
    failed_at = clock.now()
    with pytest.raises(SourceClosed, match="left alone; it may be asked again at"):
        ask(guarded)
    assert host.asked == FAILURES + 1, "one probe after the first rest"
    assert clock.now() - failed_at == pytest.approx(REST_S, abs=4)
    passing.slept.append(2 * REST_S)
    assert ask(guarded) == GOOD
    assert ask(guarded) == GOOD
    assert host.asked == FAILURES + 3


def test_while_one_looks_whether_it_is_back_the_others_wait() -> None:
    now = 0.0
    breaker = LocalBreaker(lambda: now)
    for _ in range(FAILURES):
        assert breaker.admit("host") == 0
        breaker.failed("host")
    assert breaker.admit("host") == REST_S
    assert breaker.admit("another") == 0
    now += REST_S
    assert breaker.admit("host") == 0, "the probe"
    assert breaker.admit("host") == LOOK_AGAIN_S
    now += PROBE_S
    assert breaker.admit("host") == 0, "a probe that was killed is not waited for"
    breaker.worked("host")
    assert [breaker.admit("host") for _ in range(3)] == [0, 0, 0]


def test_too_many_requests_do_not_open_the_breaker(host: Host, door: Edge) -> None:
    guarded = replace(door, breaker=LocalBreaker(lambda: 0.0))
    host.lined_up = failing(ATTEMPTS, 429, Retry_After="0")
    with pytest.raises(SourceUnavailable, match="429"):
        ask(guarded)
    assert ask(guarded) == GOOD


def test_pages_end() -> None:
    pages = Pages("host", most=3)
    pages.turn_to("a")
    with pytest.raises(SourceRefused, match="page 2 came before"):
        pages.turn_to("a")
    pages.turn_to("b")
    pages.turn_to("c")
    with pytest.raises(SourceRefused, match="more than 3 pages"):
        pages.turn_to("d")
