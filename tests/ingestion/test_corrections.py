"""What is learned later of an old price: known from then on, and the past stays as it was."""

from datetime import UTC, date, datetime
from itertools import permutations

import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from kernel.db.market import bars_as_of
from tests.ingestion.conftest import World, WriteCsv

DAY1, DAY2, DAY3 = date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)

GUIDE = (
    "source: guide\nkind: quote\nitem_is: card_id\ntime_is: day\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at}\n"
)

LATER = datetime(2024, 6, 1, tzinfo=UTC)

TWO = ["base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1", "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2"]


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
    revisions = world.rows("select until, ended, ts from market.trade_versions where not present")
    assert revisions == [
        (
            datetime(2024, 5, 4, tzinfo=UTC),
            "corrected",
            datetime(2024, 5, 1, 11, tzinfo=UTC),
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
    believed = "select grade_code, price_cents from market.trade_versions where not present"
    assert world.rows(f"{believed} order by number") == [
        ("psa9", 10_000),
        ("psa9", 12_000),
    ]
    assert world.rows("select grade_code, price_cents from market.trades") == [("any9", 12_000)]


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
