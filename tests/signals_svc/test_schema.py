"""The tables this service writes: as the migrations made them, and no others."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, inspect
from sqlalchemy.types import TypeEngine

from signals_svc.adapters.tables import metadata
from tests.fixtures.postgres import DatabaseUrls

DIALECT = create_engine("postgresql+psycopg://").dialect


def kind(type_: TypeEngine[object]) -> str:
    return type_.compile(dialect=DIALECT)


def test_the_tables_are_those_of_the_migrated_schema(database: DatabaseUrls) -> None:
    engine = create_engine(database.superuser.replace("postgresql://", "postgresql+psycopg://"))
    inspector = inspect(engine)
    there = set(inspector.get_table_names(schema="signals"))
    assert there == {table.name for table in metadata.tables.values()}
    for table in metadata.tables.values():
        columns = inspector.get_columns(table.name, schema="signals")
        found = {c["name"]: (kind(c["type"]), c["nullable"]) for c in columns}
        assert {c.name: (kind(c.type), c.nullable) for c in table.columns} == found, table.name
        key = inspector.get_pk_constraint(table.name, schema="signals")["constrained_columns"]
        assert {c.name for c in table.primary_key} == set(key), table.name
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from market.prices_daily",
        "insert into market.dirty values ('bars', 'a', 'raw', '2026-01-01', '2026-01-01')",
        "update market.cards set name = 'x'",
        "delete from market.trades",
        "update signals.features_daily set close_cents = 1",
        "delete from signals.promotions",
        "update signals.signals set action = 'HOLD'",
        "delete from signals.signals",
        "update signals.forecasts set q50 = 0",
        "update signals.receipts set hash = ''",
        "delete from signals.receipts",
        "update signals.scores set net_return = 1",
        "delete from signals.scores",
        "delete from signals.replayed",
        "update signals.models set trained_through = '-infinity'",
    ],
)
def test_the_service_may_write_only_its_own_tables(database: DatabaseUrls, statement: str) -> None:
    with (
        psycopg.connect(database.signals_svc) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
