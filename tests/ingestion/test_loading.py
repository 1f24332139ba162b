"""Bringing files in twice, in any order, corrected, and half: what the tables hold after it."""

from contextlib import AbstractContextManager
from datetime import date
from itertools import count, permutations

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.errors import NotFetched, NothingUsable
from ingestion.domain.records import Window
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.fetch import window_of
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.publish_curated import publish_curated
from kernel.errors import NotFound
from tests.fixtures.postgres import DatabaseUrls
from tests.ingestion.conftest import World, WriteCsv

DAY1, DAY2, DAY3 = date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)

TWO = ["base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1", "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2"]


def test_sales_become_trades_and_bars(world: World, plain_file: WriteCsv) -> None:
    summary = world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    assert (summary["read"], summary["added"], summary["quarantined"]) == (2, 2, 0)
    world.build()
    bars = world.rows("select open_cents, high_cents, close_cents, volume from market.prices_daily")
    assert bars == [(10_000, 11_000, 11_000, 2)]
    marked = world.rows("select stage, day, as_of from market.dirty order by stage")
    assert marked == [(stage, DAY1, DAY1) for stage in ("curated", "search", "signals")]


def test_replaying_a_file_adds_nothing(world: World, plain_file: WriteCsv) -> None:
    path = plain_file("a.csv.gz", [*TWO, "base1-9999,psa9,1.00,2024-05-01T11:00:00Z,s3"])
    world.ingest("plain_sales", path, DAY1)
    world.build()
    before = world.digest()
    again = world.ingest("plain_sales", path, DAY1)
    assert (again["added"], again["corrected"], again["quarantined_new"]) == (0, 0, 0)
    assert world.build()["bars_added"] == 0
    assert world.digest() == before
    # Under another day's run the same rows are still the same rows, told once more.
    assert world.ingest("plain_sales", path, DAY2)["quarantined_new"] == 0
    told = "trade_statements"
    assert len(world.digest()[told]) == 4
    assert world.digest() | {told: []} == before | {told: []}


def test_any_order_of_files_gives_the_same_tables(world: World, plain_file: WriteCsv) -> None:
    files = {
        DAY1: plain_file("1.csv", [*TWO, "base1-4,psa10,300.00,2024-05-01T12:00:00Z,"]),
        DAY2: plain_file("2.csv", ["base1-4,psa9,130.00,2024-05-02T09:00:00Z,s2"]),
        DAY3: plain_file(
            "3.csv",
            [
                "base1-2,raw,20.00,2024-05-01T09:00:00Z,s4",
                "base1-4,psa9,99,2024-05-02T01:00:00Z,s5",
            ],
        ),
    }
    digests = []
    for order in list(permutations(files))[::2]:
        for day in order:
            world.ingest("plain_sales", files[day], day)
            world.build()
        digests.append(world.digest())
        world.forget()
    assert [len(digests[0][table]) for table in ("trades", "trade_statements")] == [5, 2]
    assert all(digest == digests[0] for digest in digests[1:])


def test_equal_sales_without_a_number_are_two_sales(world: World, plain_file: WriteCsv) -> None:
    line = "base1-4,psa9,100.00,2024-05-01T10:00:00Z,"
    path = plain_file("a.csv", [line, line])
    assert world.ingest("plain_sales", path, DAY1)["added"] == 2
    assert world.ingest("plain_sales", path, DAY1)["added"] == 0


def test_a_sale_numbered_twice_in_one_file_is_one_sale(world: World, plain_file: WriteCsv) -> None:
    summary = world.ingest("plain_sales", plain_file("a.csv", [TWO[0], TWO[0]]), DAY1)
    assert (summary["duplicates"], summary["added"]) == (1, 1)


def test_a_file_of_which_nothing_can_be_used_leaves_nothing(
    world: World, plain_file: WriteCsv
) -> None:
    path = plain_file("a.csv", ["base9-9,psa9,100.00,2024-05-01T10:00:00Z,s1"])
    with pytest.raises(NothingUsable, match=r"card_unknown 1.*base9-9 is not in the catalog"):
        world.ingest("plain_sales", path, DAY1)
    assert world.rows("select * from market.quarantine") == []
    with pytest.raises(NotFetched, match="run `ingestion job validate"):
        world.load(FileSource(find_format("plain_sales")), DAY1)


def test_two_fetches_of_one_day_are_both_loaded_whenever_they_are_replayed(
    world: World, plain_file: WriteCsv
) -> None:
    source = FileSource(find_format("plain_sales"))
    for folder, lines in (("jan", TWO[:1]), ("feb", TWO[1:])):
        world.fetch(source, plain_file(f"{folder}.csv", lines), DAY1, None)
    world.fetch(source, plain_file("jan.csv", TWO[:1]), DAY1, None)
    assert world.validate(source, DAY1)["read"] == 2
    assert world.load(source, DAY1)["added"] == 2


def test_of_two_fetches_of_one_day_the_later_tells_what_a_sale_was(
    world: World, plain_file: WriteCsv
) -> None:
    source = FileSource(find_format("plain_sales"))
    for price in ("100.00", "90.00"):
        path = plain_file("a.csv", [TWO[0].replace("100.00", price)])
        world.fetch(source, path, DAY1, None)
    assert world.validate(source, DAY1)["duplicates"] == 1
    world.load(source, DAY1)
    assert world.rows("select price_cents from market.trades") == [(9_000,)]


def test_missed_nights_are_asked_for_with_three_days_again(
    world: World, plain_file: WriteCsv
) -> None:
    def window(day: date, since: date | None = None) -> Window:
        with world.unit() as unit:
            return window_of(unit, "plain_sales", since=since, day=day)

    tenth = date(2024, 5, 10)
    assert window(tenth) == Window(tenth, tenth)
    for day in (DAY2, DAY3):
        world.ingest("plain_sales", plain_file("a.csv", TWO), day)
    assert window(tenth) == Window(date(2024, 4, 30), tenth)
    assert window(DAY3) == Window(date(2024, 4, 29), DAY3)
    assert window(DAY1) == Window(DAY1, DAY1)
    assert window(tenth, since=DAY2) == Window(DAY2, tenth)


def test_a_load_before_its_fetch_says_what_to_run(world: World) -> None:
    with pytest.raises(NotFetched, match="run `ingestion job fetch --source plain_sales"):
        world.validate(FileSource(find_format("plain_sales")), DAY1)


def test_a_row_that_is_understood_later_leaves_quarantine(
    world: World, plain_file: WriteCsv
) -> None:
    path = plain_file("a.csv", [*TWO, "base1-4,graded nine,90.00,2024-05-01T12:00:00Z,s3"])
    assert world.ingest("plain_sales", path, DAY1)["quarantined_by_reason"] == {"grade_unknown": 1}
    grades = {"graded nine": "any9"}
    wiser = FileSource(find_format("plain_sales").model_copy(update={"grades": grades}))
    summary = world.ingest(wiser, path, DAY1)
    assert (summary["resolved"], summary["added"], summary["quarantined"]) == (1, 1, 0)
    open_rows = world.rows("select count(*) from market.quarantine where resolved_at is null")
    assert open_rows == [(0,)]


def test_quarantine_keeps_line_reason_and_raw_row(world: World, plain_file: WriteCsv) -> None:
    path = plain_file("a.csv", [*TWO, "base1-4,psa9,free,2024-05-01T12:00:00Z,s3"])
    world.ingest("plain_sales", path, DAY1)
    kept = world.rows(
        "select line, reason, detail, raw ->> 'price', raw_key from market.quarantine"
    )
    line, reason, detail, price, key = kept[0]
    assert (line, reason, detail, price) == (4, "price_unreadable", "free is no price", "free")
    assert key.startswith("source=plain_sales/date=2024-05-01/")
    assert key.endswith("-a.csv")


def test_a_load_that_dies_half_way_writes_nothing(world: World, plain_file: WriteCsv) -> None:
    source = FileSource(find_format("plain_sales"))
    world.fetch(source, plain_file("a.csv", TWO), DAY1, None)
    world.validate(source, DAY1)
    with world.unit() as unit:
        make_room(unit, "plain_sales", DAY1)
    killed = ConnectionError("killed before the commit")
    with pytest.raises(ConnectionError), world.unit() as unit:  # noqa: PT012 (the second raises)
        load_trades(unit, "plain_sales", DAY1)
        raise killed
    tables = ("trades", "dirty", "quarantine")
    assert [world.rows(f"select * from market.{table}") for table in tables] == [[], [], []]
    assert world.load(source, DAY1)["added"] == 2


def test_nobody_waits_for_a_load_that_is_under_way(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    source = FileSource(find_format("plain_sales"))
    world.fetch(source, plain_file("a.csv", TWO), DAY1, None)
    world.validate(source, DAY1)
    with psycopg.connect(database.api_gw) as reader:
        reader.execute("select * from market.trades, market.prices_daily")
        with world.unit() as unit:  # while a reader's transaction is open
            assert make_room(unit, "plain_sales", DAY1) == 2
    with world.unit() as unit:
        load_trades(unit, "plain_sales", DAY1)
        with psycopg.connect(database.api_gw) as reader:
            assert reader.execute("select * from market.trades").fetchall() == []


def test_one_misdated_sale_makes_one_month_of_partitions(
    world: World, plain_file: WriteCsv
) -> None:
    odd = "base1-4,psa9,1.00,1999-12-31T10:00:00Z,s9"
    world.ingest("plain_sales", plain_file("a.csv", [*TWO, odd]), DAY1)
    parts = world.rows(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'market.trades'::regclass order by 1"
    )
    assert parts == [("market.trades_1999_12",), ("market.trades_2024_05",)]


def test_bars_wait_for_prices_that_came_after_the_judging(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    with world.unit() as unit:
        assert build_bars(unit).summary["unjudged"] == 1
    assert world.rows("select * from market.prices_daily") == []
    assert world.build()["bars_added"] == 1


def test_an_instrument_that_changes_while_it_is_judged_is_left_to_the_next_run(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    late = plain_file("b.csv", ["base1-4,psa9,90.00,2024-05-01T12:00:00Z,s3"])
    other = plain_file("c.csv", ["base1-2,psa9,90.00,2024-05-01T12:00:00Z,s4"])
    world.ingest("plain_sales", other, DAY2)
    opened = iter((None, None, late))

    def units() -> AbstractContextManager[Unit]:
        if path := next(opened):
            world.ingest("plain_sales", path, DAY3)
        return world.unit()

    judged = judge_outliers(units)
    assert (judged["instruments"], judged["left"]) == (1, 1)
    with world.unit() as unit:
        assert build_bars(unit).summary["bars_added"] == 1
    assert world.build()["bars_added"] == 1
    assert world.rows("select * from market.dirty where stage = 'bars'") == []


def test_work_that_was_done_and_came_again_while_it_is_judged_is_left_too(
    world: World, plain_file: WriteCsv
) -> None:
    """Its row looks as before: another run judged it and built its bars, then a sale came."""
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    late = plain_file("b.csv", ["base1-4,psa9,90.00,2024-05-01T12:00:00Z,s3"])
    turns = count()

    def units() -> AbstractContextManager[Unit]:
        if next(turns) == 2:
            world.build()
            world.ingest("plain_sales", late, DAY1)
        return world.unit()

    judged = judge_outliers(units)
    assert (judged["instruments"], judged["left"]) == (0, 1)
    assert world.build()["unjudged"] == 0
    assert world.rows("select volume from market.prices_daily") == [(3,)]


def test_what_a_run_that_ends_early_has_judged_is_not_judged_again(
    world: World, plain_file: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.domain.pieces.FIRST", 1)
    monkeypatch.setattr("ingestion.domain.pieces.GROWTH", 1)
    other = "base1-2,psa9,90.00,2024-05-01T12:00:00Z,s4"
    world.ingest("plain_sales", plain_file("a.csv", [*TWO, other]), DAY1)
    turns = count()

    def units() -> AbstractContextManager[Unit]:
        if next(turns) == 3:  # once to see what there is, twice for the first piece
            raise ConnectionError("killed between two pieces")
        return world.unit()

    with pytest.raises(ConnectionError):
        judge_outliers(units)
    judged = judge_outliers(world.unit)
    assert (judged["instruments"], judged["left"]) == (1, 0)
    assert world.build()["bars_added"] == 2
    assert judge_outliers(world.unit)["instruments"] == 0


def test_curated_months_follow_the_tables(world: World, plain_file: WriteCsv) -> None:
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    world.build()
    with world.unit() as unit:
        assert publish_curated(unit)["trades_rows"] == 2
    body = world.lake.get("curated", "trades/month=2024-05/part-0.parquet")
    assert pl.read_parquet(body).get_column("price_cents").to_list() == [10_000, 11_000]
    moved = [line.replace("2024-05-01", "2024-04-01") for line in TWO]
    world.ingest("plain_sales", plain_file("b.csv", moved), DAY2)
    world.build()
    with world.unit() as unit:
        assert publish_curated(unit)["months"] == 2
    with pytest.raises(NotFound):
        world.lake.get("curated", "trades/month=2024-05/part-0.parquet")
    assert world.rows("select * from market.dirty where stage = 'curated'") == []
