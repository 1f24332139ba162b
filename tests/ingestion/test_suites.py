"""Suites stop what breaks a table's contract before anything is written, and leave a report."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest
from psycopg.types.json import Jsonb

from ingestion.adapters.baseline_repo import BaselineRepo
from ingestion.adapters.contract_files import FOLDER, contract, contracts, read_contract
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.contracts import Contract
from ingestion.domain.errors import RowsBroken, SuiteFailed
from ingestion.domain.expectations import Nights
from ingestion.domain.facts import FACT_SCHEMAS, POPULATION
from ingestion.domain.plain_suite import run_plainly
from ingestion.domain.records import RECORDS
from ingestion.ports.quality import Yardstick
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.guard import guard, guard_facts
from ingestion.usecases.guard_catalog import guard_catalog
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.validate import validate
from kernel.expectations import Expectation
from kernel.great_suites import run_suite
from kernel.ids import CardId
from tests.ingestion.conftest import Job, World, WriteCsv

DAY = date(2024, 5, 31)
NOW = datetime(2024, 6, 1, 1, tzinfo=UTC)
NIGHTLY = (
    "source: marketplace\nkind: trade\nitem_is: card_id\ntime_is: moment\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at, id: sale_id}\n"
)


def source() -> FileSource:
    """A file that is read as one of the sources that are asked every night."""
    return FileSource(parse_format("nightly.yaml", NIGHTLY))


def yardstick(world: World) -> Yardstick:
    return Yardstick(
        baselines=BaselineRepo(lambda: psycopg.connect(world.url)),
        contract=contract,
        run=run_suite,
        keep_report=lambda key, html: world.lake.put("trusted", key, html.encode()),
    )


def checked(
    world: World, now: datetime = NOW, found: FileSource | None = None
) -> dict[str, object]:
    """Validate the day as the job does; the summary."""
    return dict(
        validate(
            world.unit,
            found or source(),
            DAY,
            check=lambda name, day, rows: guard(yardstick(world), name, day, rows, now=now),
        )
    )


def sales(day: date, count: int, cents: int = 10_000) -> list[str]:
    price = f"{cents / 100:.2f}"
    return [f"base1-4,psa9,{price},{day}T10:{n:02}:00Z,{day}-{n}" for n in range(count)]


def fetch(world: World, write: WriteCsv, lines: Sequence[str]) -> None:
    world.fetch(source(), write("night.csv", lines), DAY, None)


def nights(
    world: World,
    rows: int,
    count: int = 10,
    *,
    source: str = "marketplace",
    table: str = "trades",
    apart: int = 1,
) -> None:
    """What the ledger has of runs before, without their rows."""
    job = "load_trades" if source == "marketplace" else "fetch_facts"
    with psycopg.connect(world.url) as connection:
        for back in range(1, count + 1):
            connection.execute(
                "insert into market.loads (source, day, job, rows_read, rows_written,"
                " rows_quarantined, rows_by_table) values (%s, %s, %s, 0, 0, 0, %s)"
                " on conflict (source, day, job) do update"
                " set rows_by_table = loads.rows_by_table || excluded.rows_by_table",
                (source, DAY - timedelta(days=back * apart), job, Jsonb({table: rows})),
            )


def trusted(world: World) -> list[str]:
    return list(world.lake.keys("trusted", "source="))


def report(world: World) -> str:
    key = f"quality/table=trades/source=marketplace/date={DAY}/report.html"
    return world.lake.get("trusted", key).decode()


def test_an_ordinary_night_passes_and_leaves_a_report(world: World, plain_file: WriteCsv) -> None:
    nights(world, 50)
    fetch(world, plain_file, sales(DAY, 50))
    summary = checked(world)
    assert summary["trusted"] == 50
    assert summary["reports"] == [f"quality/table=trades/source=marketplace/date={DAY}/report.html"]
    told = report(world)
    assert "every expectation holds" in told
    assert "table row count to be between" in told
    assert "http" not in told  # readable wherever the lake is read


@pytest.mark.parametrize(
    ("rows", "usual", "stopped"), [(50, 600, True), (50, 40, False), (300, 51, True)]
)
def test_a_night_of_another_volume_is_stopped_before_anything_is_written(
    world: World, plain_file: WriteCsv, rows: int, usual: int, stopped: bool
) -> None:
    nights(world, usual)
    fetch(world, plain_file, [line for n in range(rows // 50) for line in part(n)])
    if not stopped:
        checked(world)
        return
    with pytest.raises(SuiteFailed, match="expect_table_row_count_to_be_between") as failed:
        checked(world)
    assert trusted(world) == []
    assert world.rows("select count(*) from market.quarantine") == [(0,)]
    assert failed.value.reports[0] in str(failed.value)
    assert "the table was not touched" in report(world)


def part(hour: int) -> list[str]:
    """Fifty other sales of the day."""
    return [f"{line.replace('T10', f'T{hour:02}')}h{hour}" for line in sales(DAY, 50)]


def test_a_day_that_goes_on_may_have_few_rows_yet(world: World, plain_file: WriteCsv) -> None:
    nights(world, 600)
    fetch(world, plain_file, sales(DAY, 50))
    assert checked(world, now=datetime(2024, 5, 31, 12, tzinfo=UTC))["trusted"] == 50


def test_a_source_that_stopped_telling_news_is_stale(world: World, plain_file: WriteCsv) -> None:
    fetch(world, plain_file, sales(DAY - timedelta(days=9), 5))
    with pytest.raises(SuiteFailed, match="expect_column_max_to_be_between column=ts"):
        checked(world)


def test_a_currency_misread_overnight_is_drift(world: World, plain_file: WriteCsv) -> None:
    for back in range(1, 20):
        day = DAY - timedelta(days=back)
        world.ingest(source(), plain_file(f"{back}.csv", sales(day, 3)), day)
    world.build()
    fetch(world, plain_file, sales(DAY, 40))
    checked(world)
    fetch(world, plain_file, sales(DAY, 40, cents=1_400_000))
    with pytest.raises(SuiteFailed, match="expect_column_median_to_be_between") as failed:
        checked(world)
    assert "log_over_usual" in str(failed.value)


def test_a_kind_of_price_that_a_source_used_to_tell_and_tells_no_more_is_missed(
    world: World, plain_file: WriteCsv
) -> None:
    nights(world, 50)
    fetch(world, plain_file, sales(DAY, 50))
    assert len(checked(world)["reports"]) == 1  # type: ignore[arg-type] # a list of keys
    nights(world, 30, table="reported_prices")
    with pytest.raises(SuiteFailed, match="reported_prices: expect_table_row_count") as failed:
        checked(world)
    assert "min_value=1" in str(failed.value)
    assert trusted(world) == [f"source=marketplace/date={DAY}/records.parquet"]


@pytest.mark.parametrize(("usual", "count"), [(4, 10), (30, 6), (0, 10)])
def test_a_kind_that_comes_now_and_then_may_stay_away(
    world: World, plain_file: WriteCsv, usual: int, count: int
) -> None:
    nights(world, usual, count, table="reported_prices")
    fetch(world, plain_file, sales(DAY, 50))
    assert checked(world)["trusted"] == 50


def test_the_ledger_knows_what_a_load_had_for_each_table(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest(source(), plain_file("a.csv", sales(DAY, 3)), DAY)
    told = "select rows_by_table from market.loads where job = 'load_trades'"
    assert world.rows(told) == [({"trades": 3, "reported_prices": 0},)]
    found = BaselineRepo(lambda: psycopg.connect(world.url))
    after = DAY + timedelta(days=1)
    assert found.nights("trades", "marketplace", after) == Nights([3], DAY)
    assert not found.nights("reported_prices", "marketplace", after).any_rows


def counts(day: date, cards: int) -> pl.DataFrame:
    rows = [(f"card-{n}", "psa9", day, n) for n in range(cards)]
    return pl.DataFrame(rows, schema=POPULATION, orient="row")


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (counts(DAY, 0), "expect_table_row_count_to_be_between"),
        (counts(DAY, 20), "expect_table_row_count_to_be_between"),
        (counts(DAY - timedelta(days=9), 100), "expect_column_max_to_be_between column=day"),
        (counts(DAY, 90), None),
    ],
)
def test_facts_of_another_volume_or_of_long_ago_are_stopped(
    world: World, rows: pl.DataFrame, wrong: str | None
) -> None:
    nights(world, 100, 4, source="psa_population", table="population", apart=7)
    if wrong is None:
        told = guard_facts(yardstick(world), "population", "psa_population", DAY, rows)
        assert told["expectations"] == 6
        return
    with pytest.raises(SuiteFailed, match=wrong):
        guard_facts(yardstick(world), "population", "psa_population", DAY, rows)


def test_a_source_that_never_told_a_fact_may_tell_none(world: World) -> None:
    nothing = counts(DAY, 0)
    assert guard_facts(yardstick(world), "population", "psa_population", DAY, nothing) == {}


BASE = CardSet("base1", "Base", printed_total=102)


def told_cards(*numbers: int, prefix: str = "base1-") -> list[Card]:
    return [Card(CardId(f"{prefix}{n}"), BASE, f"Card {n}", f"{n}") for n in numbers]


def refused(world: World, sets: list[CardSet], cards: list[Card], asked: list[str]) -> str:
    with pytest.raises(SuiteFailed) as failed:
        guard_catalog(yardstick(world), "catalog", DAY, sets=sets, cards=cards, asked=asked)
    return str(failed.value)


def test_a_catalog_that_lost_its_cards_or_changed_ids_is_stopped(world: World) -> None:
    sets = [BASE, *(CardSet(f"set{n}", f"Set {n}") for n in range(30))]
    with world.unit() as unit:
        load_catalog(unit, sets, told_cards(*range(1, 101)))
    good = told_cards(*range(1, 103))
    told = guard_catalog(yardstick(world), "catalog", DAY, sets=sets, cards=good, asked=["base1"])
    assert told["reports"] == [
        f"quality/table={table}/source=catalog/date={DAY}/report.html"
        for table in ("sets", "cards")
    ]
    few = refused(world, sets, good[:40], ["base1"])
    assert "cards: expect_table_row_count_to_be_between min_value=50" in few
    none = refused(world, sets, [], ["base1"])
    assert "cards: expect_table_row_count_to_be_between" in none
    gone = refused(world, sets[:10], good, ["base1"])
    assert "sets: expect_table_row_count_to_be_between" in gone
    renamed = told_cards(*range(1, 11), prefix="bs-") + good[10:]
    assert "expect_column_pair_values_to_be_equal" in refused(world, sets, renamed, ["base1"])
    # Cards of sets that were not asked for are not missed.
    assert guard_catalog(yardstick(world), "catalog", DAY, sets=sets, cards=[], asked=[])


def bars(**other: object) -> pl.DataFrame:
    """A day of an instrument as it should be, with columns that are not."""
    right = {
        **{"card_id": "base1-4", "grade_code": "psa9", "day": DAY, "kind": "trade"},
        **{"open_cents": 100, "high_cents": 120, "low_cents": 90, "close_cents": 110},
        "volume": 2,
    }
    return pl.DataFrame([{**right, **other}])


@pytest.mark.parametrize(
    "frame",
    [
        bars(),
        pl.concat([bars(), bars()]),
        bars(close_cents=0),
        bars(close_cents=2_000_000_001, high_cents=2_000_000_001),
        bars(volume=-1),
        bars(high_cents=80),
        bars(low_cents=115),
        bars(high_cents=105),
        bars(kind="guess"),
        bars(day=None),
        bars().head(0),
    ],
)
def test_the_contract_of_bars_reads_the_same_with_and_without_the_library(
    frame: pl.DataFrame,
) -> None:
    quality = contract("prices_daily").quality
    expected = [Expectation(one.expect, dict(one.with_), one.why) for one in quality]
    library = [one.success for one in run_suite("bars", frame, expected)]
    plainly = run_plainly(frame, quality)
    assert [one.success for one in plainly] == library
    assert len(library) == 7


def test_an_expectation_that_is_not_read_plainly_is_an_error() -> None:
    unread = contract("trades").quality
    with pytest.raises(ValueError, match="is not read without its library"):
        run_plainly(pl.DataFrame({"record_id": [1]}), unread)


def test_bars_that_break_their_contract_are_not_written(world: World, plain_file: WriteCsv) -> None:
    """The contract is another one here than what is computed: any row breaks it."""
    world.ingest(source(), plain_file("a.csv", sales(DAY, 3)), DAY)
    judge_outliers(world.unit)
    strict = read_contract(FOLDER / "prices_daily.yaml").model_dump(by_alias=True)
    strict["quality"][1]["with"]["max_value"] = 9_999
    narrow = Contract.model_validate(strict)
    with pytest.raises(RowsBroken, match=r"close_cents.*1 of 1 rows"), world.unit() as unit:
        build_bars(replace(unit, contract=lambda table: narrow))
    assert world.rows("select * from market.prices_daily") == []
    with world.unit() as unit:
        assert build_bars(unit).summary["bars_added"] == 1


def test_every_contract_with_quality_is_held_against_rows_by_a_job(
    world: World, plain_file: WriteCsv
) -> None:
    """What the guards of the jobs ask for, noted as they run."""
    asked: list[str] = []

    def noted(table: str) -> Contract:
        asked.append(table)
        return contract(table)

    found = replace(yardstick(world), contract=noted, run=lambda name, frame, told: [])
    for table in ("trades", "reported_prices"):
        nights(world, 1, table=table)
    guard(found, "marketplace", DAY, pl.DataFrame(schema=RECORDS), now=NOW)
    for table, schema in FACT_SCHEMAS.items():
        nights(world, 1, source="told", table=table)
        guard_facts(found, table, "told", DAY, pl.DataFrame(schema=schema))
    guard_catalog(found, "catalog", DAY, sets=[], cards=[], asked=[])
    world.ingest(source(), plain_file("a.csv", sales(DAY, 1)), DAY)
    judge_outliers(world.unit)
    with world.unit() as unit:
        build_bars(replace(unit, contract=noted))
    assert sorted(asked) == sorted(one.table for one in contracts() if one.quality)


def test_facts_are_held_against_the_contract_of_their_table(world: World) -> None:
    count = {"card_id": "base1-4", "grade_code": "psa9", "day": DAY, "population": 120}
    rows = pl.DataFrame([count, {**count, "day": DAY - timedelta(days=7)}], schema=POPULATION)
    told = guard_facts(yardstick(world), "population", "psa", DAY, rows)
    assert told["reports"] == [f"quality/table=population/source=psa/date={DAY}/report.html"]
    twice = pl.concat([rows, rows.head(1).with_columns(population=pl.lit(-3, pl.Int64))])
    with pytest.raises(SuiteFailed, match="max_value=10000000: 1 of 3 rows") as failed:
        guard_facts(yardstick(world), "population", "psa", DAY, twice)
    assert "expect_compound_columns_to_be_unique" in str(failed.value)


def test_the_job_says_where_the_report_is_and_the_next_run_recovers(
    world: World, plain_file: WriteCsv, job: Job
) -> None:
    run = ("--source", "plain_sales", "--date", f"{DAY}")
    dear = plain_file("dear.csv", sales(DAY, 5, cents=200_000_000))
    assert job("fetch", *run, "--path", f"{dear}").code == 0
    refused = job("validate", *run)
    assert refused.code == 1
    key = f"quality/table=trades/source=plain_sales/date={DAY}/report.html"
    assert f"Read trusted/{key}" in refused.said
    assert "max_value=100000000 mostly=0.999: 5 of 5 rows" in refused.said
    assert trusted(world) == []
    # The next good file is a fetch of the same day: what it corrects is believed, and passes.
    assert job("fetch", *run, "--path", f"{plain_file('b.csv', sales(DAY, 5))}").code == 0
    assert checked(world, found=FileSource(find_format("plain_sales")))["trusted"] == 5


def test_only_the_job_that_checks_imports_great_expectations(repository: Path) -> None:
    code = (
        "import ingestion.app as a, sys; a.commands(); print('great_expectations' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"
