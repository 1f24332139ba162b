"""Creates the roles and databases, gives the logins their passwords and runs the migrations."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from stack.errors import StackError
from stack.one_off import finished
from stack.parts import postgres
from stack.parts.postgres import SUPERUSER

MIGRATOR = "migrations"
SERVICES = ("ingestion", "signals_svc", "backtest_svc", "api_gw", "maintenance")
LOGINS = (MIGRATOR, *SERVICES)

CONNECTED_WITHIN_S = 5
ADMINISTERED_WITHIN_S = 60  # the slowest statement copies a template's files
MIGRATED_WITHIN_S = 600  # a statement of theirs may take five minutes


class MigrationFailed(StackError):
    def __init__(self, said: str) -> None:
        super().__init__(f"The migrations did not run through:\n{said.strip()[-2000:]}")


@dataclass(frozen=True)
class Cluster:
    """A running server and the passwords of its roles."""

    port: int
    passwords: Mapping[str, str]

    def url(self, role: str, database: str) -> str:
        password = self.passwords[role]
        return postgres.url(port=self.port, user=role, password=password, database=database)

    def administer(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            self.url(SUPERUSER, database),
            autocommit=True,
            connect_timeout=CONNECTED_WITHIN_S,
            options=f"-c statement_timeout={ADMINISTERED_WITHIN_S}s",
        )


def create_roles(cluster: Cluster, *, repository: Path) -> None:
    roles = (repository / "migrations" / "roles.sql").read_text()
    with cluster.administer() as connection:
        connection.execute(roles.encode())
        for role in LOGINS:
            set_password(connection, role, cluster.passwords[role])


def create_login(cluster: Cluster, role: str) -> None:
    """A login of a part that is not the platform's own, such as Airflow."""
    with cluster.administer() as connection:
        found = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
        if found is None:
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        set_password(connection, role, cluster.passwords[role])


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    statement = sql.SQL("alter role {} password {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def create_database(
    cluster: Cluster, name: str, *, owner: str, users: tuple[str, ...], template: str = "template1"
) -> bool:
    """Returns whether it was created now. Only the owner and `users` may connect."""
    with cluster.administer() as connection:
        query = "select from pg_database where datname = %s"
        created = connection.execute(query, [name]).fetchone() is None
        database = sql.Identifier(name)
        if created:
            # file_copy: a template is small and at rest, copying its files is fastest.
            create = sql.SQL("create database {} owner {} template {} strategy file_copy")
            names = (sql.Identifier(word) for word in (name, owner, template))
            connection.execute(create.format(*names))
            connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        # A database of before a service was added has to let that service in, too.
        for user in users:
            grant = sql.SQL("grant connect, temporary on database {} to {}")
            connection.execute(grant.format(database, sql.Identifier(user)))
    return created


def migrate(url: str, *, repository: Path) -> None:
    configuration = repository / "migrations" / "alembic.ini"
    done = finished(
        "the migrations",
        [sys.executable, "-m", "alembic", "-c", configuration, "upgrade", "head"],
        within_s=MIGRATED_WITHIN_S,
        environment={**os.environ, "MIGRATIONS_DATABASE_URL": url},
    )
    if done.returncode != 0:
        raise MigrationFailed(done.stderr or done.stdout)


def create_platform(cluster: Cluster, name: str, *, repository: Path) -> None:
    """A database of the platform, migrated to the newest version."""
    create_database(cluster, name, owner=MIGRATOR, users=SERVICES)
    migrate(cluster.url(MIGRATOR, name), repository=repository)
