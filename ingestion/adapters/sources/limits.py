"""Lets a source be asked no faster than its limit: a token bucket, in Redis or in this process.

The bucket is kept as one number, the moment at which it is full again: a request moves it by the
time one token takes to drip in. So a grant is one read and one write of an integer, and exact.
Beside it lies until when the source asked to be left alone: nobody's turn comes before that.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol, cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

from ingestion.domain.errors import SourceClosed, SourceUnavailable

log = structlog.get_logger()

MINUTE_US = 60_000_000
# Who would wait longer, for a turn or because the source said so, is told to come again.
PATIENCE_S = 120.0

NOW = """
local now = tonumber(ARGV[1])
if not now then
  local told = redis.call('TIME')
  now = told[1] * 1000000 + told[2]
end
local told = redis.call('HMGET', KEYS[1], 'full_at', 'held_until')
local full_at, held_until = tonumber(told[1] or '0'), tonumber(told[2] or '0')
"""
# Atomic: Redis runs one script at a time. Answers the wait and how long the source is held; a
# negative wait is a turn that was not taken.
TAKE = (
    NOW
    + """
local token, burst, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local held = math.max(held_until - now, 0)
full_at = math.max(full_at, now + held)
local wait = math.max(full_at - (burst - 1) * token - now, held)
if wait > patience then return {-wait, held} end
local kept_ms = math.ceil((full_at + token - now) / 1000) + 1000
redis.call('HSET', KEYS[1], 'full_at', string.format('%.0f', full_at + token))
redis.call('PEXPIRE', KEYS[1], kept_ms)
return {wait, held}
"""
)
HOLD = (
    NOW
    + """
held_until = math.max(held_until, now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'held_until', string.format('%.0f', held_until))
redis.call('PEXPIRE', KEYS[1], math.ceil((math.max(held_until, full_at) - now) / 1000) + 1000)
return 0
"""
)


@dataclass(frozen=True)
class Rate:
    """Requests a minute that a source allows all of us together; `burst` of them at once.

    With a burst of 1 no window of a minute ever holds more than `per_min`.
    """

    source: str
    per_min: int
    burst: int = 1

    @property
    def token_us(self) -> int:
        """Microseconds in which one token drips in, never too few."""
        return -(-MINUTE_US // self.per_min)


class Limit(Protocol):
    """Who hands out turns."""

    def turn(self, rate: Rate, *, patience_s: float) -> float:
        """Take the next turn; seconds to wait for it.

        Past patience no turn is taken: SourceUnavailable, or SourceClosed where a `hold` is why.
        """

    def hold(self, rate: Rate, seconds: float) -> None:
        """Nobody's turn comes before so many seconds: the source said so."""


@dataclass
class LocalLimit:
    """Buckets of this process alone. `now` counts seconds."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    _full_at: dict[str, int] = field(default_factory=dict, init=False)
    _held_until: dict[str, int] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def turn(self, rate: Rate, *, patience_s: float) -> float:
        """Take the next turn; seconds to wait for it. Raises SourceUnavailable past patience."""
        with self._lock:
            now = round(self.now() * 1_000_000)
            held = max(self._held_until.get(rate.source, 0) - now, 0)
            full_at = max(self._full_at.get(rate.source, 0), now + held)
            wait = max(full_at - (rate.burst - 1) * rate.token_us - now, held)
            if wait > patience_s * 1_000_000:
                raise _no_turn(rate, wait, held, self.wall())
            self._full_at[rate.source] = full_at + rate.token_us
        return wait / 1_000_000

    def hold(self, rate: Rate, seconds: float) -> None:
        """Nobody's turn comes before so many seconds: the source said so."""
        with self._lock:
            until = round((self.now() + seconds) * 1_000_000)
            self._held_until[rate.source] = max(self._held_until.get(rate.source, 0), until)


@dataclass
class RedisLimit:
    """One bucket a source for all processes; while Redis is away, one a process.

    `now_us` is microseconds since 1970; None lets Redis take its own clock, so that machines whose
    clocks differ share one.
    """

    redis: Redis
    now_us: Callable[[], int] | None = None
    beside: LocalLimit = field(default_factory=LocalLimit)

    def turn(self, rate: Rate, *, patience_s: float) -> float:
        """Take the next turn; seconds to wait for it. Raises SourceUnavailable past patience."""
        told = (str(rate.token_us), str(rate.burst), str(round(patience_s * 1_000_000)))
        try:
            wait, held = cast(list[int], self._run(TAKE, rate, *told))
        except (RedisError, OSError) as error:
            log.warning("limit.local", source=rate.source, error=str(error))
            return self.beside.turn(rate, patience_s=patience_s)
        if wait < 0:
            raise _no_turn(rate, -wait, held, self.beside.wall())
        return wait / 1_000_000

    def hold(self, rate: Rate, seconds: float) -> None:
        """Nobody's turn comes before so many seconds: the source said so."""
        # Here too: Redis may be away when the turn is asked for.
        self.beside.hold(rate, seconds)
        try:
            self._run(HOLD, rate, str(round(seconds * 1_000_000)))
        except (RedisError, OSError) as error:
            log.warning("limit.local", source=rate.source, error=str(error))

    def _run(self, script: str, rate: Rate, *arguments: str) -> object:
        now = "" if self.now_us is None else str(self.now_us())
        return self.redis.eval(script, 1, f"ingestion:limit:{rate.source}", now, *arguments)


def _no_turn(rate: Rate, wait_us: int, held_us: int, now: datetime) -> SourceUnavailable:
    wait = wait_us / 1_000_000
    if held_us:
        why = "it asked to be left alone"
        return SourceClosed(rate.source, why, wait_s=wait, now=now)
    why = f"its limit of {rate.per_min} requests a minute leaves no turn for {wait:.0f} s"
    return SourceUnavailable(rate.source, why, wait)
