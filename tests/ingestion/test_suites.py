"""Suites stop what breaks a table's contract before anything is written, and leave a report."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingestion.adapters.baseline_repo import BaselineRepo
from ingestion.adapters.contract_files import contract
from ingestion.adapters.great_suites import run_suite
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from ingestion.domain.errors import SuiteFailed
from ingestion.domain.facts import POPULATION
from ingestion.ports.quality import Yardstick
from ingestion.usecases.guard import guard, guard_facts
from ingestion.usecases.validate import validate
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


def nights(world: World, rows: int, count: int = 10) -> None:
    """Loads of the nights before, without their rows."""
    with psycopg.connect(world.url) as connection:
        for back in range(1, count + 1):
            connection.execute(
                "insert into market.loads (source, day, job, rows_read, rows_written,"
                " rows_quarantined) values ('marketplace', %s, 'load_trades', %s, 0, 0)",
                (DAY - timedelta(days=back), rows),
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
    assert "expect_table_row_count_to_be_between" in told
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
