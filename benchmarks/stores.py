"""The stack's own stores for a benchmark: a real PostgreSQL with a fresh, migrated database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from stack import catalogue, front
from stack.bootstrap.databases import MIGRATOR, SERVICES, create_database
from stack.parts.postgres import SUPERUSER
from stack.site import Site
from stack.state import State
from stack.world import Worlds

NOT_STORES = tuple(part.name for part in catalogue.PARTS if not part.store)


@dataclass(frozen=True)
class Database:
    """One fresh database as ingestion's login and as the superuser sees it."""

    url: str
    superuser: str

    def connect(self) -> psycopg.Connection:
        """As a job does."""
        return psycopg.connect(self.url, options="-c timezone=UTC")


@contextmanager
def stores() -> Iterator[Site]:
    """The stores of a new stack, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench ") as home:
        state = State(Path(home) / "state")
        parts = catalogue.without(NOT_STORES)
        with front.running(state, world=Worlds.SIMULATED.value, parts=parts) as stack:
            yield stack.site
        state.delete()


@contextmanager
def fresh_database(site: Site, name: str) -> Iterator[Database]:
    """A copy of the migrated, empty database; dropped afterwards."""
    users, template = SERVICES, site.world.database
    create_database(site.cluster, name, owner=MIGRATOR, users=users, template=template)
    try:
        yield Database(site.cluster.url("ingestion", name), site.cluster.url(SUPERUSER, name))
    finally:
        with site.cluster.administer() as connection:
            drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            connection.execute(drop)
