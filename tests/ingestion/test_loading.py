"""Bringing files in twice, in any order, corrected, and half: what the tables hold after it."""

from datetime import UTC, date, datetime
from itertools import permutations

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from ingestion.domain.errors import NotFetched, NothingUsable
from ingestion.domain.records import Window
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.fetch import window_of
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.publish_curated import publish_curated
from kernel.db.market import bars_as_of
from kernel.errors import NotFound
from tests.fixtures.postgres import DatabaseUrls
from tests.ingestion.conftest import World, WriteCsv

DAY1, DAY2, DAY3 = date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)

GUIDE = (
    "source: guide\nkind: quote\nitem_is: card_id\ntime_is: day\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at}\n"
)

LATER = datetime(2024, 6, 1, tzinfo=UTC)

TWO = ["base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1", "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2"]


def test_sales_become_trades_and_bars(world: World, plain_file: WriteCsv) -> None:
    summary = world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    assert (summary["read"], summary["added"], summary["quarantined"]) == (2, 2, 0)
    world.build()
    bars = world.rows("select open_cents, high_cents, close_cents, volume from market.prices_daily")
    assert bars == [(10_000, 11_000, 11_000, 2)]
    marked = world.rows("select stage, day, as_of from market.dirty order by stage")
    assert marked == [("curated", DAY1, DAY1), ("signals", DAY1, DAY1)]


def test_replaying_a_file_adds_nothing(world: World, plain_file: WriteCsv) -> None:
    path = plain_file("a.csv.gz", [*TWO, "base1-9999,psa9,1.00,2024-05-01T11:00:00Z,s3"])
    world.ingest("plain_sales", path, DAY1)
    world.build()
    before = world.digest()
    again = world.ingest("plain_sales", path, DAY1)
    assert (again["added"], again["corrected"], again["quarantined_new"]) == (0, 0, 0)
    assert world.build()["bars_added"] == 0
    # Under another day's run the same rows are still the same rows.
    assert world.ingest("plain_sales", path, DAY2)["quarantined_new"] == 0
    assert world.digest() == before


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
    assert [len(digests[0][table]) for table in ("trades", "trade_revisions")] == [5, 1]
    assert all(digest == digests[0] for digest in digests[1:])


def test_a_corrected_time_moves_the_sale_and_leaves_a_revision(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    world.build()
    moved = plain_file("b.csv", ["base1-4,psa9,110.00,2024-04-30T11:00:00Z,s2"])
    summary = world.ingest("plain_sales", moved, DAY3)
    assert (summary["added"], summary["corrected"]) == (0, 1)
    world.build()
    sales = world.rows("select source_sale_id, ts::date, known_at from market.trades order by ts")
    assert sales == [
        ("s2", date(2024, 4, 30), datetime(2024, 5, 4, tzinfo=UTC)),
        ("s1", DAY1, datetime(2024, 5, 1, 10, tzinfo=UTC)),
    ]
    revisions = world.rows(
        "select known_at, action, before ->> 'ts', after ->> 'ts' from market.trade_revisions"
    )
    assert revisions == [
        (
            datetime(2024, 5, 4, tzinfo=UTC),
            "corrected",
            "2024-05-01T11:00:00+00:00",
            "2024-04-30T11:00:00+00:00",
        )
    ]
    with psycopg.connect(world.url) as connection:
        told = [
            bars_as_of(connection, as_of=datetime(2024, 5, day, tzinfo=UTC), first=DAY1, last=DAY3)
            .select("close_cents", "volume")
            .rows()
            for day in (3, 4)
        ]
    assert told == [[(11_000, 2)], [(10_000, 1)]]


def test_a_corrected_price_is_known_only_when_its_report_is_over(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)
    other = plain_file("b.csv", ["base1-4,psa9,95.00,2024-05-01T11:00:00Z,s2"])
    assert world.ingest("plain_sales", other, DAY2)["corrected"] == 1
    assert world.ingest("plain_sales", other, DAY2)["unchanged"] == 1
    # The first file again: an older report of the same sale changes nothing.
    assert world.ingest("plain_sales", plain_file("a.csv", TWO), DAY1)["unchanged"] == 2
    price = "select price_cents, known_at from market.trades where source_sale_id = 's2'"
    assert world.rows(price) == [(9_500, datetime(2024, 5, 3, tzinfo=UTC))]


def test_a_mended_mapping_is_known_from_its_load_and_leaves_the_past_as_it_was(
    world: World, plain_file: WriteCsv
) -> None:
    path = plain_file("a.csv", TWO)
    world.ingest("plain_sales", path, DAY1)
    world.build()
    with psycopg.connect(world.url) as connection:
        before = bars_as_of(connection, as_of=LATER, first=DAY1, last=DAY1)
    wiser = FileSource(find_format("plain_sales").model_copy(update={"grades": {"psa9": "any9"}}))
    assert world.ingest(wiser, path, DAY1)["corrected"] == 2
    world.build()
    with psycopg.connect(world.url) as connection:
        after = bars_as_of(connection, as_of=LATER, first=DAY1, last=DAY1)
        now = bars_as_of(connection, as_of=datetime.now(UTC), first=DAY1, last=DAY1)
    assert before.get_column("grade_code").to_list() == ["psa9"]
    assert after.equals(before)
    assert now.get_column("grade_code").to_list() == ["any9"]
    assert world.ingest(wiser, path, DAY1)["unchanged"] == 2


def test_a_mended_mapping_and_a_corrected_price_are_two_pieces_of_knowledge(
    world: World, plain_file: WriteCsv
) -> None:
    files = {
        DAY1: plain_file("a.csv", TWO[:1]),
        DAY2: plain_file("b.csv", [TWO[0].replace("100.00", "120.00")]),
    }
    for day, path in files.items():
        world.ingest("plain_sales", path, day)
    wiser = FileSource(find_format("plain_sales").model_copy(update={"grades": {"psa9": "any9"}}))
    for day in (DAY1, DAY2, DAY1):
        world.ingest(wiser, files[day], day)
    believed = "select before ->> 'grade_code', (before ->> 'price_cents')::int from {} order by {}"
    assert world.rows(believed.format("market.trade_revisions", "known_at")) == [
        ("psa9", 10_000),
        ("psa9", 12_000),
    ]
    assert world.rows("select grade_code, price_cents from market.trades") == [("any9", 12_000)]


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


@pytest.mark.parametrize("order", [(DAY1, DAY3), (DAY3, DAY1)])
def test_a_corrected_quote_is_a_figure_of_its_own_known_when_it_was_reported(
    world: World, plain_file: WriteCsv, order: tuple[date, date]
) -> None:
    guide = FileSource(parse_format("guide.yaml", GUIDE))
    files = {
        DAY1: plain_file("1.csv", ["base1-4,psa9,10.00,2024-05-01,"]),
        DAY3: plain_file("3.csv", ["base1-4,psa9,12.00,2024-05-01,"]),
    }
    for day in order:
        world.ingest(guide, files[day], day)
        world.build()
    assert world.ingest(guide, files[DAY1], DAY1)["added"] == 0
    with psycopg.connect(world.url) as connection:
        told = [
            bars_as_of(connection, as_of=datetime(2024, 5, day, tzinfo=UTC), first=DAY1, last=DAY3)
            .select("kind", "close_cents", "volume")
            .rows()
            for day in (1, 2, 3, 4)
        ]
    assert told == [[], [("quote", 1_000, 0)], [("quote", 1_000, 0)], [("quote", 1_200, 0)]]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3, 4)))[::5])
def test_a_figure_that_returns_to_its_first_value_stands_again(
    world: World, plain_file: WriteCsv, order: tuple[int, ...]
) -> None:
    guide = FileSource(parse_format("guide.yaml", GUIDE))
    told = {1: "100.00", 2: "120.00", 3: "100.00", 4: "100.00"}
    for day in order:
        line = f"base1-4,psa9,{told[day]},2024-05-01,"
        world.ingest(guide, plain_file(f"{day}.csv", [line]), date(2024, 5, day))
        world.build()
    with psycopg.connect(world.url) as connection:
        closes = [
            bars_as_of(connection, as_of=datetime(2024, 5, day, tzinfo=UTC), first=DAY1, last=DAY1)
            .get_column("close_cents")
            .to_list()
            for day in (1, 2, 3, 4, 5)
        ]
    assert closes == [[], [10_000], [12_000], [10_000], [10_000]]


def test_a_figure_stated_again_while_it_stands_is_no_work(
    world: World, plain_file: WriteCsv
) -> None:
    guide = FileSource(parse_format("guide.yaml", GUIDE))
    path = plain_file("1.csv", ["base1-4,psa9,100.00,2024-05-01,"])
    world.ingest(guide, path, DAY1)
    again = world.ingest(guide, path, DAY2)
    assert (again["unchanged"], again["days_marked"]) == (1, 0)


def test_what_a_person_says_of_a_sale_beats_the_rule(world: World, plain_file: WriteCsv) -> None:
    lines = [f"base1-4,psa9,100.00,2024-04-{day:02}T10:00:00Z,n{day}" for day in range(1, 11)]
    lines.append("base1-4,psa9,900.00,2024-05-01T10:00:00Z,dear")
    world.ingest("plain_sales", plain_file("a.csv", lines), DAY1)
    assert world.build()["outliers"] == 1
    bar = "select close_cents, known_at from market.prices_daily where day = '2024-05-01'"
    assert world.rows(bar) == []
    with psycopg.connect(world.url) as connection:
        connection.execute(
            "insert into market.outlier_verdicts (subject, subject_id, card_id, grade_code,"
            " event_at, known_at, verdict, rule, actor)"
            " select subject, subject_id, card_id, grade_code, event_at, '2024-05-05 00:00+00',"
            " 'confirmed', 'seen', 'ann' from market.outlier_verdicts"
        )
        connection.execute(
            "insert into market.dirty (stage, card_id, grade_code, day, as_of)"
            " values ('bars', 'base1-4', 'psa9', '2024-05-01', '2024-05-05')"
        )
    assert world.build()["verdicts"] == 0
    assert world.rows(bar) == [(90_000, datetime(2024, 5, 5, tzinfo=UTC))]


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
