"""Archived months: whole, compared before they go, back when a late sale comes; and the vacuum."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import polars as pl
import psycopg
import pytest

from ingestion.domain.errors import ArchiveDiffers
from ingestion.ports.unit import Unit
from ingestion.usecases.archive import archive_months
from ingestion.usecases.publish_curated import publish_curated
from tests.fixtures.postgres import DatabaseUrls
from tests.ingestion.conftest import Job, World, WriteCsv

OLD, NEW = date(2022, 5, 10), date(2024, 5, 10)
TODAY = date(2024, 6, 15)
KEY = "archive/trades/month=2022-05/part-0.parquet"
PARTS = (
    "select inhrelid::regclass::text from pg_inherits"
    " where inhparent = 'market.trades'::regclass order by 1"
)
ATTACHED = [("market.trades_2022_05",), ("market.trades_2024_05",)]


def sale(day: date, number: int, price: int = 100) -> str:
    return f"base1-4,psa9,{price}.00,{day}T10:00:{number:02}Z,s{day}-{number}"


@pytest.fixture
def settled_world(world: World, plain_file: WriteCsv) -> World:
    """Sales of two years ago and of last month; everything built, no work left in the old month."""
    old = [sale(OLD, number) for number in range(12)]
    new = [sale(NEW, number) for number in range(3)]
    world.ingest("plain_sales", plain_file("a.csv", old), OLD)
    world.ingest("plain_sales", plain_file("b.csv", new), NEW)
    world.build()
    with world.unit() as unit:
        publish_curated(unit)
        unit.work.clear("signals", unit.work.pending("signals"))
        unit.work.clear("search", unit.work.pending("search"))
    return world


def archive(world: World, keep_months: int = 24) -> dict[str, object]:
    return dict(archive_months(world.unit, TODAY, keep_months=keep_months))


def test_an_old_month_is_whole_in_parquet_before_it_leaves_the_table(settled_world: World) -> None:
    columns = "trade_id, ts, source_sale_id, price_cents, seller, meta::text, told_as"
    before = settled_world.rows(f"select {columns} from market.trades order by trade_id")
    told = archive(settled_world)
    assert (told["archived"], told["rows"]) == (1, 12)
    assert settled_world.rows(PARTS) == ATTACHED[1:]
    kept = settled_world.rows(f"select {columns} from market.trades")
    parquet = pl.read_parquet(settled_world.lake.get("curated", KEY))
    away = parquet.select(columns.replace("::text", "").split(", ")).rows()
    assert sorted([*away, *kept]) == before
    assert len(parquet.columns) == len(
        settled_world.rows(
            "select from information_schema.columns"
            " where table_schema = 'market' and table_name = 'trades'"
        )
    )
    assert archive(settled_world)["archived"] == 0


def test_nothing_leaves_unless_a_person_says_how_much_stays(settled_world: World) -> None:
    assert archive(settled_world, keep_months=0)["archived"] == 0
    assert archive(settled_world, keep_months=25)["archived"] == 0
    assert settled_world.rows(PARTS) == ATTACHED


def test_a_month_with_work_to_do_stays(settled_world: World) -> None:
    with settled_world.unit() as unit:
        row = {"card_id": ["base1-4"], "grade_code": ["psa9"], "day": [OLD], "as_of": [OLD]}
        unit.work.mark("bars", pl.DataFrame(row))
    assert archive(settled_world)["busy"] == 1
    assert settled_world.rows(PARTS) == ATTACHED


def test_an_object_that_comes_back_otherwise_stops_it_and_the_month_stays(
    settled_world: World,
) -> None:
    class Forgetful:
        """A lake that lost a row of what it was given."""

        def __init__(self, unit: Unit) -> None:
            self._zone = unit.archived

        def write(self, table: str, month: date, rows: pl.DataFrame) -> tuple[str, str]:
            return self._zone.write(table, month, rows)

        def read(self, key: str) -> tuple[pl.DataFrame, str]:
            rows, sha256 = self._zone.read(key)
            return rows.head(-1), sha256

    @contextmanager
    def units() -> Iterator[Unit]:
        with settled_world.unit() as unit:
            yield replace(unit, archived=Forgetful(unit))

    with pytest.raises(ArchiveDiffers, match="11 rows where 12 were written"):
        archive_months(units, TODAY, keep_months=24)
    assert settled_world.rows(PARTS) == ATTACHED


def test_a_sale_that_comes_between_reading_and_detaching_keeps_the_month(
    settled_world: World, plain_file: WriteCsv
) -> None:
    opened = 0

    @contextmanager
    def units() -> Iterator[Unit]:
        nonlocal opened
        opened += 1
        if opened == 3:  # after the object was read back, before the month is detached
            with psycopg.connect(settled_world.superuser) as connection:
                connection.execute("update market.trades set seller = 'x' where ts < '2023-01-01'")
        with settled_world.unit() as unit:
            yield unit

    assert archive_months(units, TODAY, keep_months=24)["changed"] == 1
    assert settled_world.rows(PARTS) == ATTACHED
    assert archive(settled_world)["archived"] == 1


def test_a_run_killed_after_the_object_was_written_is_repeated_without_loss(
    settled_world: World,
) -> None:
    opened = 0

    @contextmanager
    def units() -> Iterator[Unit]:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise KeyboardInterrupt
        with settled_world.unit() as unit:
            yield unit

    with pytest.raises(KeyboardInterrupt):
        archive_months(units, TODAY, keep_months=24)
    assert settled_world.lake.get("curated", KEY)
    assert settled_world.rows(PARTS) == ATTACHED
    assert archive(settled_world)["archived"] == 1


def test_a_late_sale_brings_its_month_back_and_the_tables_are_as_if_it_had_never_left(
    settled_world: World, plain_file: WriteCsv
) -> None:
    archive(settled_world)
    late = plain_file("late.csv", [sale(OLD, 40, price=110)])
    assert settled_world.ingest("plain_sales", late, TODAY)["added"] == 1
    assert settled_world.rows(PARTS) == ATTACHED
    settled_world.build()
    assert settled_world.rows(
        "select volume, close_cents from market.prices_daily where day = '2022-05-10'"
    ) == [(13, 11_000)]
    with settled_world.unit() as unit:
        publish_curated(unit)
        for stage in ("signals", "search"):
            unit.work.clear(stage, unit.work.pending(stage))
    assert archive(settled_world)["rows"] == 13


def test_vacuum_looks_at_what_changed_as_a_login_of_its_own(
    job: Job, database: DatabaseUrls
) -> None:
    job("load_catalog", "--from", "stack/simulator/catalog.json")
    unset = job("vacuum")
    assert (unset.code, "MAINTENANCE_DATABASE_URL" in unset.said) == (1, True)
    done = job("vacuum", MAINTENANCE_DATABASE_URL=database.maintenance)
    assert (done.code, done.summary["left"]) == (0, 0)
    with psycopg.connect(database.superuser) as connection:
        looked_at = connection.execute(
            "select relname from pg_stat_all_tables where last_vacuum is not null"
            " and last_analyze is not null and schemaname = 'market'"
        ).fetchall()
    assert ("cards",) in looked_at


def test_the_jobs_say_what_they_did(job: Job) -> None:
    job("ensure_partitions", "--date", "2020-01-01", "--months-ahead", "0")
    archived = job("archive_months", "--date", "2024-06-15", PRICER_ETL__ARCHIVE__KEEP_MONTHS="24")
    assert (archived.code, archived.summary["archived"]) == (0, 2)
    little = job("archive_months", "--date", "2024-06-15", PRICER_ETL__ARCHIVE__KEEP_MONTHS="3")
    assert (little.code, "keep at least 24 months" in little.said) == (1, True)
