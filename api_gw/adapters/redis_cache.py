"""The Cache port on Redis: short deadlines, and a rest after a failure. It never raises."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

T = TypeVar("T")

DEADLINE_S = 0.25  # a cache slower than the database it spares is of no use
REST_S = 5  # after a failure, so that not every request waits for the deadline

Clock = Callable[[], float]


class RedisCache:
    """One Redis database. `clock` counts seconds, from anywhere."""

    def __init__(self, url: SecretStr, *, clock: Clock) -> None:
        self._redis = Redis.from_url(
            url.get_secret_value(),
            socket_connect_timeout=DEADLINE_S,
            socket_timeout=DEADLINE_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._clock = clock
        self._rests_until = clock()

    @property
    def rests(self) -> bool:
        """Whether it is left alone after a failure."""
        return self._clock() < self._rests_until

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of the keys; None for each while the cache is away."""
        nothing: list[bytes | None] = [None] * len(keys)
        return await self._asked(lambda: self._redis.mget(keys), nothing) if keys else nothing

    async def put_absent(self, key: str, value: bytes, *, ttl_s: int) -> None:
        """Keep a value unless another one is there already."""
        await self._asked(lambda: self._redis.set(key, value, nx=True, ex=ttl_s), None)

    async def forget(self, key: str) -> None:
        """Remove a value."""
        await self._asked(lambda: self._redis.delete(key), None)

    async def answers(self) -> bool | None:
        """Whether Redis is there now, rest or no rest."""
        self._rests_until = self._clock()
        return await self._asked(self._redis.ping, False)

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()

    async def _asked(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        if self.rests:
            return otherwise
        try:
            return await ask()
        except (RedisError, OSError) as error:
            self._rests_until = self._clock() + REST_S
            structlog.get_logger().warning("cache.away", error=type(error).__name__, rest_s=REST_S)
            return otherwise


class NoCache:
    """The Cache port where no Redis is set up: remembers nothing."""

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """Always a miss."""
        return [None] * len(keys)

    async def put_absent(self, key: str, value: bytes, *, ttl_s: int) -> None:
        """Nothing is kept."""

    async def forget(self, key: str) -> None:
        """Nothing was kept."""

    async def answers(self) -> bool | None:
        """There is none."""
        return None

    async def close(self) -> None:
        """Nothing is open."""
