"""Lets a source be asked no faster than its limit: a token bucket, in Redis or in this process.

The bucket is kept as one number, the moment at which it is full again: a request moves it by the
time one token takes to drip in. So a grant is one read and one write of an integer, and exact.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, cast

import structlog
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError

from ingestion.domain.errors import SourceUnavailable

log = structlog.get_logger()

MINUTE_US = 60_000_000
DEADLINE_S = 2  # of one round trip to Redis
PATIENCE_S = 60.0  # who would wait longer for his turn is told to come again

# Atomic: Redis runs one script at a time. A negative answer is a turn that was not taken.
TAKE = """
local now = tonumber(ARGV[1])
if not now then
  local told = redis.call('TIME')
  now = told[1] * 1000000 + told[2]
end
local token, burst, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = math.max(full_at - (burst - 1) * token - now, 0)
if wait > patience then return -wait end
local kept_ms = math.ceil((full_at + token - now) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', full_at + token), 'PX', kept_ms)
return wait
"""


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
        """Take the next turn; seconds to wait for it. Raises SourceUnavailable past patience."""


@dataclass
class LocalLimit:
    """Buckets of this process alone. `now` counts seconds."""

    now: Callable[[], float] = time.monotonic
    _full_at: dict[str, int] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def turn(self, rate: Rate, *, patience_s: float) -> float:
        """Take the next turn; seconds to wait for it. Raises SourceUnavailable past patience."""
        with self._lock:
            now = round(self.now() * 1_000_000)
            full_at = max(self._full_at.get(rate.source, 0), now)
            wait = max(full_at - (rate.burst - 1) * rate.token_us - now, 0)
            if wait > patience_s * 1_000_000:
                raise _too_busy(rate, wait)
            self._full_at[rate.source] = full_at + rate.token_us
        return wait / 1_000_000


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
        now = "" if self.now_us is None else str(self.now_us())
        patience = str(round(patience_s * 1_000_000))
        key = f"ingestion:limit:{rate.source}"
        try:
            told = self.redis.eval(TAKE, 1, key, now, str(rate.token_us), str(rate.burst), patience)
        except (RedisError, OSError) as error:
            log.warning("limit.local", source=rate.source, error=str(error))
            return self.beside.turn(rate, patience_s=patience_s)
        wait = cast(int, told)
        if wait < 0:
            raise _too_busy(rate, -wait)
        return wait / 1_000_000


def shared_limit(url: SecretStr | None) -> Limit:
    """The limit all processes share; without Redis each process keeps its own."""
    if url is None:
        return LocalLimit()
    redis = Redis.from_url(
        url.get_secret_value(), socket_connect_timeout=DEADLINE_S, socket_timeout=DEADLINE_S
    )
    return RedisLimit(redis)


def _too_busy(rate: Rate, wait_us: int) -> SourceUnavailable:
    wait = wait_us / 1_000_000
    why = f"its limit of {rate.per_min} requests a minute leaves no turn for {wait:.0f} s"
    return SourceUnavailable(rate.source, why, wait)
