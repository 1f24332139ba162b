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


class ConnectionLost(DatabaseAway):
    """The connection ended under a question; another connection may answer it."""


# Waiting for a connection and for its answer together; a query alone has a shorter deadline.
ANSWER_WITHIN_S = 10

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a goodbye it had not asked for
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
BUSY = (
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,  # a load makes partitions; its lock is short
)


class Database:
    """Reads as the role of this service. A failed first connection is tried again by the next."""

    def __init__(self, url: SecretStr, *, writes: bool = False) -> None:
        """`writes` is for jobs: the login may call what writes, but reads unless told so."""
        self._url = url
        self._writes = writes
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()

    async def fetch(self, sql: str, *values: object) -> Sequence[asyncpg.Record]:
        """All rows. A read whose connection is lost is asked once more. Raises DatabaseAway."""
        try:
            return await self._fetch(sql, *values)
        except ConnectionLost:
            return await self._fetch(sql, *values)

    async def check(self) -> None:
        """Return if PostgreSQL answers. Raises DatabaseAway."""
        await self.fetch("select 1")

    async def close(self) -> None:
        """Give the connections back; whoever still waits for a lost one waits no longer."""
        for task in self._retiring:
            task.cancel()
        if self._pool is not None:
            self._retire(self._pool)
        await asyncio.gather(*self._retiring, return_exceptions=True)

    async def _fetch(self, sql: str, *values: object) -> Sequence[asyncpg.Record]:
        pool = await self._open()
        try:
            rows: Sequence[asyncpg.Record] = await named(lambda: pool.fetch(sql, *values))
        except ConnectionLost:
            # asyncpg 0.31 does not always take a lost connection back (its issue 1069): every
            # such loss would make the pool smaller, until all wait for ever. So a new pool.
            self._retire(pool)
            raise
        return rows

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await self._connected()
            return self._pool

    def _retire(self, pool: asyncpg.Pool) -> None:
        """Let a pool's last answers arrive; later questions open another one."""
        if self._pool is not pool:  # another question found the loss first
            return
        self._pool = None
        task = asyncio.create_task(closed(pool))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _connected(self) -> asyncpg.Pool:
        try:
            return await named(lambda: service_pool(self._url, writes=self._writes))
        except asyncpg.PostgresError as error:
            # Before the first connection nothing is our fault: a login or database is not there.
            raise DatabaseAway(type(error).__name__) from error


async def closed(pool: asyncpg.Pool) -> None:
    """Close a pool when its questions are answered, or after a while without waiting for them."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await pool.close()
    except (TimeoutError, *LOST):
        pool.terminate()


async def named(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, or DatabaseAway for everything that means the server is not there for us."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await ask()
    except BUSY as error:  # first: a TimeoutError is an OSError as well
        raise DatabaseAway(type(error).__name__) from error
    except LOST as error:
        raise ConnectionLost(type(error).__name__) from error
