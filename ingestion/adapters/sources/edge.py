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

from ingestion.adapters.sources.breaker import REST_S, Breaker
from ingestion.adapters.sources.limits import PATIENCE_S, Limit, LocalLimit, Rate
from ingestion.domain.errors import BudgetSpent, SourceClosed, SourceRefused, SourceUnavailable
from kernel.errors import Forbidden

CALL_TIMEOUT_S = 20.0
ATTEMPTS = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
# Added to a wait the source asked for, never taken off: so that not all come back at once.
JITTER, LEAST_JITTER_S, MOST_JITTER_S = 0.05, 1.0, 30.0
GRACE_S = 300.0  # to end what was begun: twenty pages of the source that allows four a minute
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
    """One source's door. `deadline_s` bounds one whole visit, waits included, but for its grace;
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
    def visit(self, *, grace_s: float = 0.0) -> Iterator["Visit"]:
        """Ask several things within one deadline, over kept connections.

        With `grace_s` what is begun before the deadline may take so much longer.
        """
        url = self.base_url()
        headers = {"Accept": "application/json", **self.headers()}
        with httpx.Client(base_url=url, headers=headers) as client:
            begin_by = self.clock.now() + self.deadline_s
            yield Visit(self, client, begin_by, begin_by + grace_s)


@dataclass
class Visit:
    """A series of requests to one source."""

    edge: Edge
    client: httpx.Client
    begin_by: float
    ends_at: float
    answered: int = 0

    def begin(self) -> None:
        """Begin with another subject. Raises BudgetSpent when it is too late for that."""
        if self.edge.clock.now() >= self.begin_by:
            raise self._spent()

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
            except (SourceClosed, BudgetSpent):
                raise
            except SourceUnavailable as error:
                wait = _wait(attempt, error.retry_after_s)
                if attempt == ATTEMPTS or wait >= self._left():
                    raise
            self.edge.clock.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _left(self) -> float:
        return self.ends_at - self.edge.clock.now()

    def _spent(self) -> BudgetSpent:
        why = f"not done after {self.edge.deadline_s:g} s and {self.answered} answers"
        return BudgetSpent(self.edge.source, f"{why}; the next run goes on")

    def _asked(self, request: httpx.Request) -> Any:
        edge = self.edge
        if self._left() <= 0:
            raise self._spent()
        self._pass_breaker()
        turn = edge.limit.turn(edge.rate, patience_s=min(PATIENCE_S, max(self._left(), 0)))
        if turn:
            edge.clock.sleep(turn)
        return self._answer(request, min(edge.call_timeout_s, max(self._left(), 0.001)))

    def _pass_breaker(self) -> None:
        """Wait for the first rest, or while another request looks whether the source is back.

        A source that fails the probe after it is down: the next run may find it up again.
        """
        edge = self.edge
        while edge.breaker is not None and (wait := edge.breaker.admit(edge.source)):
            if wait > REST_S or wait >= self._left():
                why = "it failed several times in a row and is left alone"
                raise SourceClosed(edge.source, why, wait_s=wait, now=edge.clock.wall())
            edge.clock.sleep(wait)

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
            breaker = self.edge.breaker
            if breaker is not None:
                (breaker.failed if sick else breaker.worked)(self.edge.source)
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
            raise self._not_now(status, answer.headers.get("Retry-After"))
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

    def _not_now(self, status: int, said: str | None) -> SourceUnavailable:
        """The failure that a status stands for; a wait that was asked for holds all processes."""
        name, now = self.edge.source, self.edge.clock.wall()
        asked = retry_after(said, now)
        if asked is None:
            return SourceUnavailable(name, f"HTTP {status}")
        most = min(max(asked * JITTER, LEAST_JITTER_S), MOST_JITTER_S)
        wait = asked + random.uniform(0, most) if asked else 0.0
        self.edge.limit.hold(self.edge.rate, wait)
        why = f"HTTP {status}"
        if wait > PATIENCE_S:
            return SourceClosed(name, f"{why}, asking to be left alone", wait_s=wait, now=now)
        return SourceUnavailable(name, why, wait)


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


def _wait(attempt: int, asked: float | None) -> float:
    """Seconds to the next attempt: what the source asked for, else doubling with full jitter."""
    if asked is not None:
        return asked
    return random.uniform(0, min(FIRST_WAIT_S * 2 ** (attempt - 1), LONGEST_WAIT_S))
