"""Every table of schemas `market` and `signals` has a data contract that says what is there."""

from pathlib import Path

import psycopg
import pytest

import signals_svc
from ingestion.adapters.contract_files import FOLDER, contracts, read_contract
from ingestion.domain.contracts import Contract
from ingestion.domain.errors import ContractRejected
from ingestion.usecases.archive import ARCHIVED_TABLES
from kernel.great_suites import camel
from tests.fixtures.postgres import DatabaseUrls

COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
  || case when a.attnotnull then ' not null' else '' end, array_position(i.indkey::int[], a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_index i on i.indrelid = c.oid and i.indisprimary
where n.nspname = %s and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname, a.attnum
"""


# Each service keeps its contracts beside its code; one reader knows their form.
FOLDERS = {"market": FOLDER, "signals": Path(signals_svc.__file__).parent / "contracts"}
EVERY = [one for folder in FOLDERS.values() for one in contracts(folder)]


@pytest.mark.parametrize(("schema", "owner"), [("market", "ingestion"), ("signals", "signals_svc")])
def test_every_table_has_a_contract_that_names_its_columns_types_and_key(
    database: DatabaseUrls, schema: str, owner: str
) -> None:
    written = contracts(FOLDERS[schema])
    assert {(one.of_schema, one.owner) for one in written} == {(schema, owner)}
    columns: dict[str, dict[str, str]] = {}
    keys: dict[str, dict[int, str]] = {}
    with psycopg.connect(database.superuser) as connection:
        for table, column, kind, place in connection.execute(COLUMNS, (schema,)).fetchall():
            columns.setdefault(table, {})[column] = kind
            if place is not None:
                keys.setdefault(table, {})[place] = column
    promised = {one.table: dict(one.columns) for one in written}
    assert sorted(promised) == sorted(columns)
    for table, found in columns.items():
        assert promised[table] == found, f"{owner}/contracts/{table}.yaml"
    assert {one.table: list(one.key) for one in written} == {
        table: [names[place] for place in sorted(names)] for table, names in keys.items()
    }


@pytest.mark.parametrize("contract", EVERY, ids=lambda contract: str(contract.table))
def test_a_contract_is_complete(contract: Contract) -> None:
    # Here, since every worker reads every file of tests, and this one takes seconds.
    import great_expectations.expectations as kinds

    assert contract.owner
    assert contract.about
    assert contract.freshness or contract.fresh_by
    unnamed = [
        name for name in contract.columns if name.endswith("_cents") and name not in contract.units
    ]
    assert unnamed == []
    for one in contract.quality:
        assert one.why
        getattr(kinds, camel(one.expect))(**one.with_)


def test_the_months_that_a_contract_puts_away_are_those_that_the_job_archives() -> None:
    archived = [one.table for one in contracts() if one.retention.kept == "archived"]
    assert sorted(archived) == sorted(ARCHIVED_TABLES)


def test_a_contract_with_an_unknown_clause_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("table: t\nowner: me\nfreshnes: {}\n")
    with pytest.raises(ContractRejected, match="freshnes"):
        read_contract(path)
