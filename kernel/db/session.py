"""Connections: psycopg for jobs, asyncpg for services. One transaction, committed at the edge."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from pydantic import SecretStr

from kernel.errors import Unavailable

if TYPE_CHECKING:
    import asyncpg

CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 5  # what the role `api_gw` is allowed as well


IDLE_TOO_LONG = errors.IdleInTransactionSessionTimeout  # no OperationalError in psycopg's order

# What to do about it, where it is something else than a server that is not there.
ADVICE: Mapping[type[psycopg.Error], str] = {
    errors.LockNotAvailable: "another job holds what this one needs; run it when that is done",
    errors.QueryCanceled: "a statement took longer than this login may; run it again, for fewer"
    " days if it can be told which",
    errors.DiskFull: "its disk is full; free some space and run the job again",
    errors.TooManyConnections: "all its connections are in use; run the job again in a while",
    IDLE_TOO_LONG: "the job computed too long inside one transaction; run it again on an idle"
    " machine",
}


class DatabaseAway(Unavailable):
    """PostgreSQL cannot be reached, or ended what the job was doing. Worth a retry."""

    def __init__(self, error: psycopg.Error) -> None:
        said = str(error).strip().splitlines()
        reason = said[0] if said else "no answer"
        advice = next((words for kind, words in ADVICE.items() if isinstance(error, kind)), None)
        if advice is not None:
            super().__init__(f"PostgreSQL refused ({reason}): {advice}.")
        else:
            super().__init__(f"PostgreSQL did not answer ({reason}); is the stack up?")


@contextmanager
def job_transaction(
    url: SecretStr, *, statement_s: int | None = None
) -> Iterator[psycopg.Connection]:
    """One transaction of a job: committed when the block ends well, rolled back otherwise.

    `statement_s`: seconds that a statement may take, where somebody waits for it. Raises
    DatabaseAway when the database cannot be reached, goes away or refuses for now.
    """
    options = "-c timezone=UTC"
    if statement_s is not None:
        options += f" -c statement_timeout={statement_s}s"
    try:
        with psycopg.connect(
            url.get_secret_value(), connect_timeout=CONNECT_TIMEOUT_S, options=options
        ) as connection:
            yield connection
    except (psycopg.OperationalError, IDLE_TOO_LONG) as error:
        raise DatabaseAway(error) from error


async def _decode_json(connection: "asyncpg.Connection") -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


async def service_pool(url: SecretStr, *, size: int = 8, writes: bool = False) -> "asyncpg.Pool":
    """A pool for a service. jsonb arrives decoded; every query has a deadline.

    `writes` lifts the default of logins that only read; what they may do is for grants to say.
    """
    import asyncpg  # jobs do without it

    settings = {"timezone": "UTC"}
    if writes:
        settings["default_transaction_read_only"] = "off"
    return await asyncpg.create_pool(
        url.get_secret_value(),
        min_size=1,
        max_size=size,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=QUERY_TIMEOUT_S,
        init=_decode_json,
        server_settings=settings,
    )
