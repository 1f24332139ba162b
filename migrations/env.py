"""Runs the migrations as the role `migrations`, one transaction each. Imports nothing of ours."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

URL_VARIABLE = "MIGRATIONS_DATABASE_URL"


def run() -> None:
    """Upgrade or downgrade as alembic was told."""
    url = os.environ.get(URL_VARIABLE)
    if not url:
        raise SystemExit(f"{URL_VARIABLE} is not set: give it the URL of the role `migrations`.")
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        # One upgrade at a time: a second one waits here instead of failing half-way.
        connection.execute(text("select pg_advisory_lock(hashtext('pricer.migrations'))"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
