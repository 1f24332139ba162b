"""Months of sales that are filled before they join: the same tables, all or nothing."""

from datetime import date

import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.errors import NotFetched
from ingestion.usecases.load_trades import load_trades
from tests.ingestion.conftest import World, WriteCsv

DAY = date(2024, 6, 30)
SALES = [
    "base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1",
    "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2",
    "base1-4,psa9,120.00,2024-05-20T11:00:00Z,s3",
    "base1-2,psa9,50.00,2024-06-02T11:00:00Z,s4",
]
MONTHS = """
select c.relname, count(x.indexrelid), bool_and(x.indisvalid)
from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_index x on x.indrelid = c.oid
where i.inhparent = 'market.trades'::regclass group by c.relname order by 1
"""
LOOSE = (
    "select relname from pg_class"
    " where relname ~ '^trades_[0-9]' and relkind = 'r' and not relispartition"
)


def load_without_room(world: World, day: date = DAY) -> None:
    """As a load does that `make_room` left the months of the sales to."""
    with world.unit() as unit:
        unit.partitions.ensure("prices_daily", [date(2024, month, 1) for month in (5, 6, 7)])
    with world.unit() as unit:
        load_trades(unit, "plain_sales", day)


def fetch_and_validate(world: World, path: object, day: date = DAY) -> None:
    source = FileSource(find_format("plain_sales"))
    world.fetch(source, path, day, None)  # type: ignore[arg-type]
    world.validate(source, day)


def test_a_month_that_was_filled_first_is_as_one_that_was_merged_into(
    world: World, plain_file: WriteCsv
) -> None:
    path = plain_file("a.csv", SALES)
    fetch_and_validate(world, path)
    load_without_room(world)
    world.build()
    filled, months = world.digest(), world.rows(MONTHS)
    assert [(name, valid) for name, _, valid in months] == [
        ("trades_2024_05", True),
        ("trades_2024_06", True),
    ]
    world.forget()
    load_without_room(world)  # now the months are there
    world.build()
    assert world.digest() == filled
    parent = "select count(*) from pg_index where indrelid = 'market.trades'::regclass"
    assert {count for _, count, _ in months} == {world.rows(parent)[0][0]}


def test_a_load_that_fails_after_filling_leaves_no_month_behind(
    world: World, plain_file: WriteCsv
) -> None:
    fetch_and_validate(world, plain_file("a.csv", SALES))

    def fail() -> None:
        with world.unit() as unit:
            load_trades(unit, "plain_sales", DAY)
            assert unit.prices.versions(
                unit.work.pending("bars").select("card_id", "grade_code")
            ).height == len(SALES)
            load_trades(unit, "plain_sales", date(2024, 7, 1))

    with pytest.raises(NotFetched):
        fail()
    assert world.rows("select count(*) from market.trades") == [(0,)]
    assert world.rows("select count(*) from market.dirty") == [(0,)]
    assert world.rows(MONTHS) == []
    assert world.rows(LOOSE) == []
    load_without_room(world)
    assert world.rows("select count(*) from market.trades") == [(len(SALES),)]


def test_a_sale_corrected_into_a_new_month_moves_there_and_is_no_second_sale(
    world: World, plain_file: WriteCsv
) -> None:
    fetch_and_validate(world, plain_file("a.csv", SALES))
    load_without_room(world)
    later = date(2024, 7, 31)
    moved = SALES[0].replace("2024-05-01T10", "2024-07-03T10")
    new = "base1-4,psa9,130.00,2024-07-04T10:00:00Z,s5"
    fetch_and_validate(world, plain_file("b.csv", [moved, new]), later)
    load_without_room(world, later)
    told = "select source_sale_id, ts::date from market.trades where ts >= '2024-07-01' order by ts"
    assert world.rows(told) == [("s1", date(2024, 7, 3)), ("s5", date(2024, 7, 4))]
    assert world.rows("select count(*) from market.trades") == [(5,)]
    assert world.rows("select began from market.trade_versions order by number") == [
        ("told",),
        ("corrected",),
    ]


def test_a_filled_month_is_marked_once_an_instrument_and_builds_every_day_of_it(
    world: World, plain_file: WriteCsv
) -> None:
    fetch_and_validate(world, plain_file("a.csv", SALES))
    load_without_room(world)
    marks = "select card_id, day, through from market.dirty order by 1, 2"
    assert world.rows(marks) == [
        ("base1-2", date(2024, 6, 2), None),
        ("base1-4", date(2024, 5, 1), date(2024, 5, 20)),
    ]
    assert world.build()["bars_added"] == 3
    assert world.rows("select stage, count(*) from market.dirty group by 1 order by 1") == [
        ("curated", 2),
        ("search", 2),
        ("signals", 2),
    ]
    assert world.build()["days"] == 0


def test_nobody_may_begin_a_month_that_is_there(world: World, plain_file: WriteCsv) -> None:
    fetch_and_validate(world, plain_file("a.csv", SALES))
    load_without_room(world)
    assert world.rows("select market.begin_trades_month('2024-05-09')") == [(None,)]
    with pytest.raises(psycopg.Error):
        world.rows("select market.finish_trades_month('2024-05-09')")
