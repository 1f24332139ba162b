"""Stops asking a source that keeps failing, and lets one request through later to see.

Closed: all may ask. Open, after FAILURES in a row: nobody may until the rest is over. Half open:
one request may, and its outcome closes or opens it again, for twice as long. The state lies beside
the limit in Redis, since each attempt of a job is a process of its own; while Redis is away, each
process has its own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

FAILURES = 4  # the attempts of one request: a job of one question finds out by itself
REST_S, LONGEST_REST_S = 30.0, 900.0
PROBE_S = 150.0  # a turn and a call take no longer; a probe that was killed is waited for so long
LOOK_AGAIN_S = 1.0  # while another probes
FORGOTTEN_S = 3600.0  # failures that lie so far apart are not in a row


class Breaker(Protocol):
    """Who knows whether a source may be asked. `source` names one API."""

    def admit(self, source: str) -> float:
        """0: ask, and tell the outcome. Else the seconds after which to come again."""

    def worked(self, source: str) -> None:
        """The source answered, whatever it said."""

    def failed(self, source: str) -> None:
        """The source did not answer, or not like a healthy one."""


@dataclass
class State:
    """Of one source; moments in seconds. `opens_at` is None while it is closed."""

    failed: int = 0
    opened: int = 0
    opens_at: float | None = None
    probed_until: float = 0.0


@dataclass
class LocalBreaker:
    """The breakers of this process alone. `now` counts seconds."""

    now: Callable[[], float] = time.monotonic
    _states: dict[str, State] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def admit(self, source: str) -> float:
        """0: ask, and tell the outcome. Else the seconds after which to come again."""
        with self._lock:
            state, now = self._states.get(source, State()), self.now()
            if state.opens_at is None:
                return 0.0
            if state.opens_at > now:
                return state.opens_at - now
            if state.probed_until > now:
                return min(state.probed_until - now, LOOK_AGAIN_S)
            state.probed_until = now + PROBE_S
        return 0.0

    def worked(self, source: str) -> None:
        """The source answered, whatever it said."""
        with self._lock:
            self._states.pop(source, None)

    def failed(self, source: str) -> None:
        """The source did not answer, or not like a healthy one."""
        with self._lock:
            state, now = self._states.setdefault(source, State()), self.now()
            state.failed += 1
            # A request that was under way when it opened says nothing new.
            resting = state.opens_at is not None and state.opens_at > now
            if resting or (state.opens_at is None and state.failed < FAILURES):
                return
            rest_s = min(REST_S * 2**state.opened, LONGEST_REST_S)
            state.opened, state.opens_at, state.probed_until = state.opened + 1, now + rest_s, 0.0
        log.warning("breaker.opened", source=source, rest_s=rest_s)


NOW = """
local now = tonumber(ARGV[1])
if not now then
  local told = redis.call('TIME')
  now = told[1] * 1000000 + told[2]
end
"""
# Answers microseconds, as LocalBreaker.admit does seconds.
ADMIT = (
    NOW
    + """
local told = redis.call('HMGET', KEYS[1], 'opens_at', 'probed_until')
local opens_at, probed_until = tonumber(told[1] or '0'), tonumber(told[2] or '0')
if opens_at == 0 then return 0 end
if opens_at > now then return opens_at - now end
if probed_until > now then return math.min(probed_until - now, tonumber(ARGV[3])) end
redis.call('HSET', KEYS[1], 'probed_until', string.format('%.0f', now + ARGV[2]))
return 0
"""
)
# Answers the microseconds it rests now, 0 if it did not open.
FAILED = (
    NOW
    + """
local failed = redis.call('HINCRBY', KEYS[1], 'failed', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local opens_at = tonumber(redis.call('HGET', KEYS[1], 'opens_at') or '0')
if opens_at > now or (opens_at == 0 and failed < tonumber(ARGV[2])) then return 0 end
local opened = redis.call('HINCRBY', KEYS[1], 'opened', 1)
local rest = math.min(ARGV[3] * 2 ^ (opened - 1), tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'opens_at', string.format('%.0f', now + rest), 'probed_until', '0')
return rest
"""
)


@dataclass
class RedisBreaker:
    """One breaker a source for all processes; while Redis is away, one a process.

    `now_us` is microseconds since 1970; None lets Redis take its own clock.
    """

    redis: Redis
    now_us: Callable[[], int] | None = None
    beside: LocalBreaker = field(default_factory=LocalBreaker)

    def admit(self, source: str) -> float:
        """0: ask, and tell the outcome. Else the seconds after which to come again."""
        try:
            wait = self._run(ADMIT, source, PROBE_S, LOOK_AGAIN_S)
        except (RedisError, OSError) as error:
            log.warning("breaker.local", source=source, error=str(error))
            return self.beside.admit(source)
        return wait

    def worked(self, source: str) -> None:
        """The source answered, whatever it said."""
        self.beside.worked(source)
        try:
            self.redis.delete(_key(source))
        except (RedisError, OSError) as error:
            log.warning("breaker.local", source=source, error=str(error))

    def failed(self, source: str) -> None:
        """The source did not answer, or not like a healthy one."""
        forgotten_ms = str(round(FORGOTTEN_S * 1000))
        try:
            rest_s = self._run(FAILED, source, str(FAILURES), REST_S, LONGEST_REST_S, forgotten_ms)
        except (RedisError, OSError) as error:
            log.warning("breaker.local", source=source, error=str(error))
            self.beside.failed(source)
            return
        if rest_s:
            log.warning("breaker.opened", source=source, rest_s=rest_s)

    def _run(self, script: str, source: str, *arguments: float | str) -> float:
        now = "" if self.now_us is None else str(self.now_us())
        told = [one if isinstance(one, str) else str(round(one * 1e6)) for one in arguments]
        return cast(int, self.redis.eval(script, 1, _key(source), now, *told)) / 1e6


def _key(source: str) -> str:
    return f"ingestion:breaker:{source}"
