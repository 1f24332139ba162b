"""The pool of PostgreSQL connections: opened when first needed, failures named for the caller."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg
from pydantic import SecretStr

from kernel.db.session import service_pool
from kernel.errors import Unavailable

T = TypeVar("T")

ADVICE = "try again in a few seconds"


class DatabaseAway(Unavailable):
    """PostgreSQL cannot be reached, is locked, or did not answer in time."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database did not answer ({reason}); {ADVICE}.")


# Waiting for a connection and for its answer together; a query alone has a shorter deadline.
ANSWER_WITHIN_S = 10


class Database:
    """Reads as the role of this service. A failed first connection is tried again by the next."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, sql: str, *values: object) -> Sequence[asyncpg.Record]:
        """All rows. Raises DatabaseAway."""
        pool = await self._open()
        rows: Sequence[asyncpg.Record] = await named(lambda: pool.fetch(sql, *values))
        return rows

    async def check(self) -> None:
        """Return if PostgreSQL answers. Raises DatabaseAway."""
        await self.fetch("select 1")

    async def close(self) -> None:
        """Give the connections back."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await self._connected()
            return self._pool

    async def _connected(self) -> asyncpg.Pool:
        try:
            return await named(lambda: service_pool(self._url))
        except asyncpg.PostgresError as error:
            # Before the first connection nothing is our fault: a login or database is not there.
            raise DatabaseAway(type(error).__name__) from error


async def named(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, or DatabaseAway for everything that means the server is not there for us."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await ask()
    except (OSError, TimeoutError) as error:
        raise DatabaseAway(type(error).__name__) from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.TooManyConnectionsError,
        asyncpg.QueryCanceledError,
        asyncpg.LockNotAvailableError,  # a load makes partitions; its lock is short
    ) as error:
        raise DatabaseAway(type(error).__name__) from error
