"""Owns what the pool does when PostgreSQL ends its connections."""

import asyncio
import time

import psycopg
from pydantic import SecretStr

from api_gw.adapters.database import Database
from tests.fixtures.postgres import DatabaseUrls

# More losses than the pool has connections, at moments that differ by a part of a millisecond:
# what asyncpg makes of a loss depends on how much of the goodbye has arrived.
LOSSES = 60
MOMENTS = 20


def test_no_loss_of_a_connection_is_felt_however_many_there_are(database: DatabaseUrls) -> None:
    async def lose_and_ask() -> list[int]:
        reads = Database(SecretStr(database.api_gw))
        answers = []
        with psycopg.connect(database.superuser, autocommit=True) as superuser:
            for loss in range(LOSSES):
                superuser.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename = 'api_gw' and datname = current_database()"
                )
                time.sleep(loss % MOMENTS * 0.0002)
                for _ in range(loss % 3):
                    await asyncio.sleep(0)
                answers += [row[0] for row in await reads.fetch("select $1::int", loss)]
        await reads.close()
        return answers

    assert asyncio.run(lose_and_ask()) == list(range(LOSSES))
