"""The migrated schema: owners, grants, limits, partitions, and what each login may not do."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from tests.fixtures.postgres import DatabaseUrls

OWNERS = {"market": "market_owner", "signals": "signals_owner"}


def test_everything_in_a_schema_belongs_to_its_owner(database: DatabaseUrls) -> None:
    with psycopg.connect(database.superuser) as connection:
        rows = connection.execute(
            "select n.nspname, pg_get_userbyid(n.nspowner), pg_get_userbyid(c.relowner)"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in ('market', 'signals')"
        ).fetchall()
    assert {schema for schema, *_ in rows} == set(OWNERS)
    assert all(schema_owner == owner == OWNERS[schema] for schema, schema_owner, owner in rows)


@pytest.mark.parametrize(
    "login", ["migrations", "ingestion", "signals_svc", "backtest_svc", "api_gw"]
)
def test_no_login_is_superuser_bypasses_rls_or_owns_a_table(
    database: DatabaseUrls, login: str
) -> None:
    with psycopg.connect(getattr(database, login)) as connection:
        privileged = connection.execute(
            "select rolsuper or rolbypassrls or rolcreaterole from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in ('market', 'signals')"
            " and pg_get_userbyid(c.relowner) = current_user"
        ).fetchone()
    assert privileged == (False,)
    assert owned == (0,)


@pytest.mark.parametrize(
    "login", ["migrations", "ingestion", "signals_svc", "backtest_svc", "api_gw"]
)
def test_every_login_has_lock_and_statement_timeouts(database: DatabaseUrls, login: str) -> None:
    with psycopg.connect(getattr(database, login)) as connection:
        limits = connection.execute(
            "select name from pg_settings"
            " where name in ('lock_timeout', 'statement_timeout') and setting::bigint > 0"
        ).fetchall()
    assert len(limits) == 2


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("api_gw", "delete from signals.signals"),
        ("api_gw", "update market.cards set name = 'x'"),
        ("api_gw", "select * from market.quarantine"),
        (
            "signals_svc",
            "insert into market.sets (set_id, game, name) values ('x', 'pokemon', 'x')",
        ),
        ("signals_svc", "update market.prices_daily set volume = 0"),
        ("signals_svc", "update signals.models set sha256 = ''"),
        ("ingestion", "select * from signals.signals"),
        ("backtest_svc", "select * from market.trades"),
        ("backtest_svc", "update market.prices_daily set volume = 0"),
        ("ingestion", "update market.outlier_verdicts set verdict = 'kept'"),
        ("ingestion", "delete from market.trade_statements"),
        ("ingestion", "create table market.mine (n int)"),
        ("ingestion", "drop table market.trades"),
        ("ingestion", "update market.trades_archived set price_cents = 1"),
        ("ingestion", "delete from market.archived_keys"),
        ("maintenance", "drop table market.trades"),
        ("maintenance", "alter table market.trades add column n int"),
        ("maintenance", "select * from market.trades"),
    ],
)
def test_a_login_may_not_do_what_is_not_its_own(
    database: DatabaseUrls, login: str, statement: str
) -> None:
    with psycopg.connect(getattr(database, login)) as connection:
        connection.execute("set transaction read write")  # grants must hold without the default
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


def test_signals_svc_sees_and_writes_only_its_own_stage_of_the_dirty_set(
    database: DatabaseUrls,
) -> None:
    insert = (
        "insert into market.dirty (stage, card_id, grade_code, day, as_of)"
        " values (%s, 'base1-4', 'psa9', '2026-01-01', '2026-01-01')"
    )
    with psycopg.connect(database.ingestion) as connection:
        for stage in ("bars", "curated", "signals"):
            connection.execute(insert, (stage,))
    with psycopg.connect(database.signals_svc) as connection:
        assert connection.execute("select stage from market.dirty").fetchall() == [("signals",)]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(insert, ("bars",))


def test_partitions_are_made_once_for_every_month_that_occurs(database: DatabaseUrls) -> None:
    make = "select market.ensure_month_partitions('trades', %s)"
    days = [date(2023, 11, 30), date(2024, 2, 1), date(2024, 2, 29)]
    with psycopg.connect(database.ingestion) as connection:
        assert connection.execute(make, (days,)).fetchone() == (2,)
        assert connection.execute(make, (days,)).fetchone() == (0,)


def test_a_month_boundary_is_utc_midnight_whatever_the_session_time_zone(
    database: DatabaseUrls,
) -> None:
    with psycopg.connect(database.ingestion) as connection:
        connection.execute("set timezone = 'America/Los_Angeles'")
        connection.execute(
            "select market.ensure_month_partitions('trades', array[date '2024-02-29'])"
        )
        bound = connection.execute(
            "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'trades_2024_02'"
        ).fetchone()
    assert bound is not None
    assert "2024-01-31 16:00:00-08" in bound[0]


def test_partitions_of_a_foreign_table_are_refused(database: DatabaseUrls) -> None:
    with psycopg.connect(database.ingestion) as connection, pytest.raises(errors.RaiseException):
        connection.execute(
            "select market.ensure_month_partitions('cards', array[date '2024-01-01'])"
        )


def migrate(*command: str, url: str, repository: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "-c", repository / "migrations/alembic.ini", *command],
        env={**os.environ, "MIGRATIONS_DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


def test_functions_that_run_as_their_owner_look_for_temporary_tables_last(
    database: DatabaseUrls,
) -> None:
    """Named nowhere, pg_temp is searched first: a caller's table would be read as the owner."""
    with psycopg.connect(database.superuser) as connection:
        paths = connection.execute(
            "select p.oid::regprocedure::text, (select setting from unnest(p.proconfig) setting"
            " where setting like 'search_path=%') from pg_proc p"
            " join pg_namespace n on n.oid = p.pronamespace"
            " where p.prosecdef and n.nspname in ('market', 'signals')"
        ).fetchall()
    assert len(paths) >= 10
    assert [name for name, path in paths if not (path or "").endswith(", pg_temp")] == []


@pytest.mark.parametrize("version", ["0013", "0007"])
def test_archived_months_are_back_after_a_downgrade_and_away_again_after_none(
    database: DatabaseUrls, repository: Path, version: str
) -> None:
    archive = (
        "select market.ensure_month_partitions('trades', array[date '2022-05-10']);"
        " insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents,"
        " known_at) select n, '2022-05-10', 'base1-4', 'psa9', 'x', 100, now()"
        " from generate_series(1, 3) n;"
    )
    away = (
        "select market.archive_month('trades', '2022-05-01', rows, fingerprint, 'key', 'sha')"
        " from market.month_fingerprint('trades', '2022-05-01')"
    )
    with psycopg.connect(database.ingestion) as connection:
        connection.execute(archive)
        connection.commit()
        assert connection.execute(away).fetchone() == ("archived",)
        connection.commit()
        assert count(connection, "trades") == 0
        assert count(connection, "trades_archived") == 3
    migrate("downgrade", version, url=database.migrations, repository=repository)
    with psycopg.connect(database.ingestion) as connection:
        assert count(connection, "trades") == 3
    migrate("upgrade", "head", url=database.migrations, repository=repository)
    with psycopg.connect(database.ingestion) as connection:
        assert count(connection, "trades") == 3


def test_a_month_archived_before_archived_months_were_readable_is_readable_after(
    database: DatabaseUrls, repository: Path
) -> None:
    migrate("downgrade", "0013", url=database.migrations, repository=repository)
    with psycopg.connect(database.ingestion) as connection:
        connection.execute(
            "select market.ensure_month_partitions('trades', array[date '2022-05-10'])"
        )
        connection.execute(
            "insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents,"
            " known_at) values (7, '2022-05-10', 'base1-4', 'psa9', 'x', 100, now())"
        )
        connection.commit()
        connection.execute(
            "select market.archive_month('trades', '2022-05-01', rows, fingerprint, 'k', 's')"
            " from market.month_fingerprint('trades', '2022-05-01')"
        )
    migrate("upgrade", "head", url=database.migrations, repository=repository)
    with psycopg.connect(database.ingestion) as connection:
        assert count(connection, "trades_archived") == 1
        assert connection.execute(
            "select price_id, month::text from market.archived_keys"
        ).fetchall() == [(7, "2022-05-01")]
        connection.execute(
            "select market.attach_archived_months('trades', array[date '2022-05-03'])"
        )
        assert count(connection, "trades") == 1


def count(connection: psycopg.Connection, table: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier("market", table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_migrating_down_to_nothing_and_up_again_works(
    database: DatabaseUrls, repository: Path
) -> None:
    migrate("downgrade", "base", url=database.migrations, repository=repository)
    with psycopg.connect(database.superuser) as connection:
        assert connection.execute(
            "select count(*) from pg_namespace where nspname in ('market', 'signals')"
        ).fetchone() == (0,)
    migrate("upgrade", "head", url=database.migrations, repository=repository)
    with psycopg.connect(database.superuser) as connection:
        grades = connection.execute("select count(*) from market.grades").fetchone()
    assert grades is not None
    assert grades[0] > 100
