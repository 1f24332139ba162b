"""Connections: psycopg for jobs, asyncpg for services. One transaction, committed at the edge."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import psycopg
from pydantic import SecretStr

from kernel.errors import Unavailable

CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 5  # what the role `api_gw` is allowed as well


@contextmanager
def job_transaction(url: SecretStr) -> Iterator[psycopg.Connection]:
    """One transaction of a job: committed when the block ends well, rolled back otherwise.

    Raises Unavailable when the database cannot be reached or goes away.
    """
    try:
        with psycopg.connect(
            url.get_secret_value(), connect_timeout=CONNECT_TIMEOUT_S, options="-c timezone=UTC"
        ) as connection:
            yield connection
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        raise Unavailable(f"PostgreSQL did not answer ({reason}); is the stack up?") from error


async def _decode_json(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


async def service_pool(url: SecretStr, *, size: int = 8) -> asyncpg.Pool:
    """A pool for a service. jsonb arrives decoded; every query has a deadline."""
    return await asyncpg.create_pool(
        url.get_secret_value(),
        min_size=1,
        max_size=size,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=QUERY_TIMEOUT_S,
        init=_decode_json,
        server_settings={"timezone": "UTC"},
    )
