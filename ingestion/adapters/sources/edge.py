"""The one way out to a source over HTTP: deadline, limit, retries, breaker, and sound JSON back."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from ingestion.adapters.sources.breaker import Breaker
from ingestion.adapters.sources.limits import PATIENCE_S, Limit, LocalLimit, Rate
from ingestion.domain.errors import SourceRefused, SourceUnavailable
from kernel.errors import Forbidden

CALL_TIMEOUT_S = 20.0
ATTEMPTS = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
# Who asks for more patience than this is asked again by the next run of the job.
LONGEST_ASKED_S = 120.0
RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})
MAX_BYTES = 64 * 1024 * 1024  # a page of 250 cards is under one MiB
TRUNCATED = 5  # signs: what stands this near to the end was cut short, a `fals` say
XSSI = ")]}'"  # some sites put this line before their JSON, against being read as a script


class CredentialRefused(Forbidden):
    """The source does not take the credential."""

    title = "Credential refused"

    def __init__(self, source: str, status: int, advice: str) -> None:
        super().__init__(f"{source} answered {status}: {advice}")
        self.source, self.status = source, status


@dataclass(frozen=True)
class Clock:
    """What an edge waits and measures by: seconds asleep, seconds passed, and the wall clock."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Edge:
    """One source's door. `deadline_s` bounds one whole visit, waits included,
    `call_timeout_s` one answer.

    Address and headers are asked for when it is visited: a source that is only read needs neither.
    """

    source: str
    base_url: Callable[[], str]
    rate: Rate
    deadline_s: float
    call_timeout_s: float = CALL_TIMEOUT_S
    headers: Callable[[], Mapping[str, str]] = dict  # the credential is among them
    advice: str = "check its credential"  # what to do when the credential is refused
    limit: Limit = field(default_factory=LocalLimit)
    breaker: Breaker | None = None
    clock: Clock = field(default_factory=Clock)

    @contextmanager
    def visit(self) -> Iterator["Visit"]:
        """Ask several things within one deadline, over kept connections."""
        url = self.base_url()
        headers = {"Accept": "application/json", **self.headers()}
        with httpx.Client(base_url=url, headers=headers) as client:
            yield Visit(self, client, self.clock.now() + self.deadline_s)


@dataclass
class Visit:
    """A series of requests to one source."""

    edge: Edge
    client: httpx.Client
    ends_at: float
    answered: int = 0

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """JSON at a path, None where nothing is.

        Raises SourceUnavailable (worth a later retry), SourceRefused, CredentialRefused.
        """
        return self._retried(self.client.build_request("GET", path, params=params))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """JSON for a question asked by POST; only for questions, since it may be repeated."""
        return self._retried(self.client.build_request("POST", path, json=body))

    def _retried(self, request: httpx.Request) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._asked(request)
            except SourceUnavailable as error:
                wait = _wait(attempt, error.retry_after_s)
                if attempt == ATTEMPTS or wait is None or wait >= self._left():
                    raise
            self.edge.clock.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _left(self) -> float:
        return self.ends_at - self.edge.clock.now()

    def _asked(self, request: httpx.Request) -> Any:
        edge = self.edge
        left = self._left()
        if left <= 0:
            why = f"not done after {edge.deadline_s:g} s and {self.answered} answers"
            raise SourceUnavailable(edge.source, f"{why}; ask for fewer days")
        turn = edge.limit.turn(edge.rate, patience_s=min(PATIENCE_S, left))
        if turn:
            edge.clock.sleep(turn)
        # After the wait, so that the one probe of a half-open breaker is not kept waiting.
        if edge.breaker is not None:
            edge.breaker.admit()
        return self._answer(request, min(edge.call_timeout_s, max(self._left(), 0.001)))

    def _answer(self, request: httpx.Request, timeout_s: float) -> Any:
        request.extensions["timeout"] = httpx.Timeout(timeout_s).as_dict()
        sick = True
        try:
            answer = self.client.send(request, stream=True)
            body = self._body(answer, timeout_s)
            # Too many requests is the answer of a healthy source.
            sick = answer.status_code in RETRYABLE and answer.status_code != 429
        except httpx.HTTPError as error:
            why = f"{type(error).__name__} at {self.client.base_url}: {error}"
            raise SourceUnavailable(self.edge.source, why) from error
        finally:
            if self.edge.breaker is not None:
                (self.edge.breaker.failed if sick else self.edge.breaker.worked)()
        told = self._made_out(answer, body)
        self.answered += 1
        return told

    def _body(self, answer: httpx.Response, timeout_s: float) -> str:
        """The whole answer; a read's own timeout starts anew with each piece, this one does not."""
        begun, pieces, size = self.edge.clock.now(), [], 0
        with closing(answer):
            for piece in answer.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > MAX_BYTES:
                    why = f"its answer is longer than {MAX_BYTES} bytes"
                    raise SourceRefused(self.edge.source, why)
                if self.edge.clock.now() - begun > timeout_s:
                    why = f"its answer still came after {timeout_s:.0f} s"
                    raise SourceUnavailable(self.edge.source, why)
        return b"".join(pieces).decode(errors="replace")

    def _made_out(self, answer: httpx.Response, body: str) -> Any:
        name, status = self.edge.source, answer.status_code
        if status in RETRYABLE:
            after = retry_after(answer.headers.get("Retry-After"), self.edge.clock.wall())
            raise SourceUnavailable(name, f"HTTP {status}", after)
        if status in (401, 403):
            raise CredentialRefused(name, status, self.edge.advice)
        if status in (204, 404):
            return None
        if status != 200:
            raise SourceRefused(name, f"HTTP {status}: {body[:300]}")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            why = f"its answer is {kind or 'of no kind'} and no JSON: {body[:120]!r}"
            raise SourceRefused(name, why)
        return json_of(name, body)


def json_of(source: str, text: str) -> Any:
    """Its JSON. An answer that was cut short is worth another try, nonsense is not."""
    if text.startswith(XSSI):
        text = text.partition("\n")[2]
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated") or len(text) - error.pos <= TRUNCATED
        if cut and text.lstrip()[:1] in ("", "{", "["):
            why = f"its answer breaks off after {len(text)} signs"
            raise SourceUnavailable(source, why) from error
        raise SourceRefused(source, f"its answer is no JSON ({error})") from error


def retry_after(said: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or a date; None for anything else."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def _wait(attempt: int, asked: float | None) -> float | None:
    """Seconds to the next attempt: what the source asked for, else doubling with full jitter.

    None: it asked for more than a run can wait.
    """
    if asked is not None:
        return asked if asked <= LONGEST_ASKED_S else None
    return random.uniform(0, min(FIRST_WAIT_S * 2 ** (attempt - 1), LONGEST_WAIT_S))
