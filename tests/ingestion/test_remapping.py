"""A mended mapping moves all prices of a product, is known from then on, and stays."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingestion.adapters.catalog_repo import CatalogRepo
from ingestion.adapters.fact_repo import FactRepo
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import parse_format
from ingestion.domain.errors import CardUnknown, RemapIncomplete, SuiteFailed
from ingestion.domain.map_versions import said_since
from ingestion.domain.remapping import Remap
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.remap import remap
from kernel.db.market import bars_as_of
from tests.ingestion.conftest import Rows, World

STALL = (
    "source: stall\nkind: trade\nitem_is: product\ntime_is: moment\n"
    "columns: {item: product, variant: print, grade: grade, price: price, time: sold_at}\n"
    "variants: {plain: '', mirror: reverse}\n"
)
GUIDE = (
    "source: guide\nproducts_of: stall\nkind: quote\nitem_is: product\ntime_is: day\n"
    "columns: {item: product, grade: grade, price: price, time: sold_at}\n"
)
TOLD = (
    "source: told\nproducts_of: stall\nkind: trade\nitem_is: product\ntime_is: moment\n"
    "known: column\n"
    "columns: {item: product, grade: grade, price: price, time: sold_at, id: print, known: known}\n"
)
stall, guide, told_source = (
    FileSource(parse_format("a.yaml", text)) for text in (STALL, GUIDE, TOLD)
)
EVERY = [stall, guide, told_source]
DAYS = [date(2024, 5, day) for day in (1, 2, 3)]
SOLD = "select card_id, grade_code, price_cents from market.trades order by ts, price_cents"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def told(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(["product,print,grade,price,sold_at,known", *lines, ""]))
    return path


def sale(day: int, price: str = "10.00", *, product: str = "77", printing: str = "plain") -> str:
    return f"{product},{printing},psa9,{price},2024-05-{day:02}T10:00:00Z,"


def mapped(
    world: World,
    card_id: str,
    *,
    product: str = "77",
    source: str = "stall",
    grade: str | None = None,
) -> None:
    row = (source, product, card_id, grade, None, "1.0", "product page", "reference")
    columns = ("source", "product", "card_id", "grade_code", "valid_from", "confidence")
    schema = dict.fromkeys((*columns, "evidence", "actor"), pl.String)
    with world.unit() as unit:
        load_product_map(unit, [], pl.DataFrame([row], schema=schema, orient="row"))


def change(card_id: str, *, product: str = "77", grade: str | None = None) -> Remap:
    return Remap(
        source="stall",
        product=product,
        card_id=card_id,
        grade_code=grade,
        since=datetime(2024, 1, 1, tzinfo=UTC),
        evidence="the pictures show another card",
        actor="ann",
        known_at=datetime.now(UTC),
    )


def test_a_sale_without_a_number_is_the_same_sale_after_a_remap(world: World, folder: Path) -> None:
    mapped(world, "base1-4")
    path = told(folder, "a.csv", sale(1), sale(1))
    world.ingest(stall, path, DAYS[0])
    remap(world.unit, EVERY, change("base1-2"))
    night = world.ingest(stall, path, DAYS[1], DAYS[0])
    assert (night["added"], night["corrected"]) == (0, 0)
    assert world.rows(SOLD) == [("base1-2", "psa9", 1_000)] * 2


def test_records_screened_before_a_remap_do_not_undo_it(world: World, folder: Path) -> None:
    mapped(world, "base1-4")
    for at, day in enumerate(DAYS[:2]):
        world.ingest(stall, told(folder, f"{at}.csv", sale(1), sale(1, "12.00")), day, DAYS[0])
    world.fetch(stall, told(folder, "late.csv", sale(3)), DAYS[2], None)
    world.validate(stall, DAYS[2])
    remap(world.unit, EVERY, change("base1-2", grade="psa10"))
    before = world.digest()
    for day in DAYS[:2]:
        assert world.load(stall, day)["corrected"] == 0
    assert world.digest() == before
    # Screened before the remap and loaded after it: a sale nobody had stored yet.
    assert world.load(stall, DAYS[2])["added"] == 1
    assert {row[:2] for row in world.rows(SOLD)} == {("base1-2", "psa10")}
    ((known,),) = world.rows("select known_at from market.trades where ts >= '2024-05-03'")
    assert known > datetime(2026, 1, 1, tzinfo=UTC), "nobody knew it before the remap"


def everything(world: World, folder: Path) -> None:
    """Sales and figures of three nights that overlap, with two printings and two products."""
    for at, day in enumerate(DAYS):
        days = range(1, at + 2)
        sales = [line for past in days for line in (sale(past), sale(past, "15.00"))]
        other = [sale(past, printing="mirror") for past in days] + [sale(1, product="78")]
        world.ingest(stall, told(folder, f"s{at}.csv", *sales, *other), day, DAYS[0])
        figures = [f"77,,psa9,{20 + at}.00,2024-05-{past:02}," for past in days]
        world.ingest(guide, told(folder, f"g{at}.csv", *figures), day, DAYS[0])


def replay(world: World, runs: Sequence[tuple[FileSource, date]]) -> int:
    """Days that are marked to be built again."""
    marked = 0
    for source, day in runs:
        world.validate(source, day)
        marked += world.load(source, day)["days_marked"]
    return marked


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_a_remap_and_then_a_replay_of_everything_in_any_order_change_nothing_more(
    world: World, folder: Path, order: Sequence[int]
) -> None:
    mapped(world, "base1-4", grade="psa10")
    everything(world, folder)
    # A product that had been refused comes in; of the other each sale has its own grade again.
    remap(world.unit, EVERY, change("base1-2", product="78"))
    done = remap(world.unit, EVERY, change("base1-4"))
    assert (done["sales_corrected"], done["figures_corrected"]) == (9, 6)
    world.build()
    before = world.digest()
    again = replay(world, [(source, DAYS[at]) for at in order for source in (stall, guide)])
    again += replay(world, [(source, DAYS[at]) for at in reversed(order) for source in EVERY[:2]])
    assert again == 0, "there is no work for bars"
    world.build()
    # The sale that had been refused is told once more by each run.
    told: dict[str, Rows] = {"trade_statements": []}
    assert world.digest() | told == before | told


def as_of(world: World, moment: datetime) -> set[tuple[str, str, str, int]]:
    with psycopg.connect(world.url) as connection:
        bars = bars_as_of(connection, as_of=moment, first=DAYS[0], last=DAYS[2])
    return set(bars.select("card_id", "grade_code", "kind", "close_cents").iter_rows())


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_figures_follow_a_remap_as_sales_do_and_stay_where_they_are(
    world: World, folder: Path, order: Sequence[int]
) -> None:
    mapped(world, "base1-4")
    for at, day in enumerate(DAYS):
        figures = [f"77,,psa9,{20 + at}.00,2024-05-{past:02}," for past in range(1, at + 2)]
        world.ingest(guide, told(folder, f"g{at}.csv", *figures), day, DAYS[0])
        world.ingest(stall, told(folder, f"s{at}.csv", sale(at + 1)), day)
    world.build()
    then = datetime.now(UTC)
    believed = as_of(world, then)
    assert believed == {("base1-4", "psa9", "quote", 2_200), ("base1-4", "psa9", "trade", 1_000)}
    done = remap(world.unit, EVERY, change("base1-2", grade="psa10"))
    assert (done["sales_corrected"], done["figures_corrected"]) == (3, 6)
    world.build()
    moved = {("base1-2", "psa10", "quote", 2_200), ("base1-2", "psa10", "trade", 1_000)}
    assert as_of(world, datetime.now(UTC)) == moved
    assert as_of(world, then) == believed
    before = world.digest()
    replay(world, [(source, DAYS[at]) for at in order for source in (stall, guide)])
    world.build()
    assert world.digest() == before
    # And back again: the card's own belief of the time between is kept.
    between = datetime.now(UTC)
    remap(world.unit, EVERY, change("base1-4"))
    world.build()
    assert as_of(world, datetime.now(UTC)) == believed
    assert as_of(world, between) == moved
    assert as_of(world, then) == believed


def test_a_remap_of_a_product_with_printings_moves_each_to_its_own(
    world: World, folder: Path
) -> None:
    mapped(world, "base1-2")
    plain, mirror = sale(1), sale(1, "12.00", printing="mirror")
    first = world.ingest(stall, told(folder, "a.csv", plain, mirror), DAYS[0])
    assert first["quarantined_by_reason"] == {"card_unknown": 1}
    done = remap(world.unit, EVERY, change("base1-4"))
    assert (done["sales_corrected"], done["added"]) == (1, 1)
    assert world.rows(SOLD) == [("base1-4", "psa9", 1_000), ("base1-4~reverse", "psa9", 1_200)]
    before = world.digest()
    with pytest.raises(CardUnknown, match="base1-2~reverse"):
        remap(world.unit, EVERY, change("base1-2"))
    assert world.digest() == before
    replay(world, [(stall, DAYS[0])])
    assert world.digest() == before


def test_a_grade_that_a_map_took_from_sales_is_theirs_again(world: World, folder: Path) -> None:
    mapped(world, "base1-4", grade="psa10")
    world.ingest(stall, told(folder, "a.csv", sale(1)), DAYS[0])
    assert world.rows(SOLD) == [("base1-4", "psa10", 1_000)]
    remap(world.unit, EVERY, change("base1-2"))
    assert world.rows(SOLD) == [("base1-2", "psa9", 1_000)]
    before = world.digest()
    replay(world, [(stall, DAYS[0])])
    assert world.digest() == before


def known(world: World) -> list[datetime]:
    return [row[0] for row in world.rows("select known_at from market.trades order by ts")]


def test_a_sale_that_waited_for_its_mapping_is_known_with_it(world: World, folder: Path) -> None:
    mapped(world, "base1-4", product="other")
    lines = [sale(1, product="other"), sale(2)]
    world.ingest(stall, told(folder, "a.csv", *lines), DAYS[1], DAYS[0])
    told_by_ann = change("base1-2")
    assert remap(world.unit, EVERY, told_by_ann)["added"] == 1
    assert known(world) == [datetime(2024, 5, 1, 10, tzinfo=UTC), told_by_ann.known_at]
    before = world.digest()
    world.ingest(stall, told(folder, "b.csv", *lines), DAYS[2], DAYS[0])
    replay(world, [(stall, day) for day in DAYS[1:]])
    assert world.digest()["trades"] == before["trades"]


def test_a_map_file_is_news_only_of_products_that_were_waited_for(
    world: World, folder: Path
) -> None:
    mapped(world, "base1-4")
    lines = [sale(1), sale(2, product="late")]
    world.ingest(stall, told(folder, "a.csv", *lines), DAYS[1], DAYS[0])
    start = datetime.now(UTC)
    mapped(world, "base1-2", product="late")
    world.ingest(stall, told(folder, "b.csv", *lines), DAYS[1], DAYS[0])
    at_sale, with_map = known(world)
    assert at_sale == datetime(2024, 5, 1, 10, tzinfo=UTC), "mapped before anybody asked"
    assert with_map >= start


def test_a_row_of_the_map_told_again_has_said_so_since_the_first_time() -> None:
    def row(card: str, until: int, known_at: int, *, by_hand: bool = False) -> tuple[object, ...]:
        begin, end = datetime(1, 1, 1, tzinfo=UTC), datetime(until, 1, 1, tzinfo=UTC)
        return ("77", card, None, begin, end, datetime(known_at, 1, 1, tzinfo=UTC), by_hand, False)

    rows = [row("a", 9999, 2020), row("a", 2022, 2023), row("b", 9999, 2024), row("a", 9999, 2025)]
    columns = ("product", "card_id", "product_grade", "valid_from", "valid_to", "known_at")
    frame = pl.DataFrame(
        rows,
        schema=dict.fromkeys((*columns, "by_hand", "waited")),
        orient="row",
    ).with_columns(pl.col("product_grade").cast(pl.String))
    since = said_since(frame).sort("known_at").get_column("said_at").to_list()
    assert [moment and moment.year for moment in since] == [None, None, 2024, 2025]


def test_a_run_that_fails_stops_no_other_run_of_a_remap(world: World, folder: Path) -> None:
    mapped(world, "base1-4", product="other")
    for at, day in enumerate(DAYS):
        lines = [sale(at + 1, product="other"), sale(at + 1)]
        world.ingest(stall, told(folder, f"{at}.csv", *lines), day)
    broken = {DAYS[0], DAYS[1]}

    def check(source: str, day: date, records: pl.DataFrame) -> dict[str, object]:
        if day in broken:
            raise SuiteFailed(source, day, ["too dear"], ["report.html"])
        return {}

    with pytest.raises(RemapIncomplete, match=r"2 runs.*2024-05-01.*2024-05-02"):
        remap(world.unit, EVERY, change("base1-2"), check=check)
    assert [row[0] for row in world.rows(SOLD)].count("base1-2") == 1
    broken.remove(DAYS[0])
    with pytest.raises(RemapIncomplete, match=r"1 runs.*2024-05-02"):
        remap(world.unit, EVERY, change("base1-2"), check=check)
    broken.clear()
    assert remap(world.unit, EVERY, change("base1-2"), check=check)["added"] == 1
    assert [row[0] for row in world.rows(SOLD)].count("base1-2") == 3


def test_a_clock_ahead_is_refused_and_a_remap_comes_after_all_that_was_known(
    world: World, folder: Path
) -> None:
    mapped(world, "base1-4")
    now = datetime.now(UTC)
    soon, ahead = now + timedelta(minutes=50), now + timedelta(days=90)
    lines = [
        f"77,{name},psa9,10.00,2024-05-01T10:00:00Z,{at.isoformat()}"
        for name, at in (("a", soon), ("b", ahead))
    ]
    first = world.ingest(told_source, told(folder, "a.csv", *lines), DAYS[0])
    assert first["quarantined_by_reason"] == {"time_outside": 1}
    for card in ("base1-2", "base1-4", "base1-2"):
        assert remap(world.unit, EVERY, change(card))["sales_corrected"] == 1
    moved = "select known_at from market.trade_versions where began = 'remapped'"
    moments = [row[0] for row in world.rows(moved)]
    assert len(set(moments)) == 3
    assert min(moments) > soon
    before = world.digest()
    replay(world, [(told_source, DAYS[0])])
    assert world.digest() == before


def test_a_product_is_the_card_that_was_said_last(world: World) -> None:
    mapped(world, "base1-4", source="psa", product="1")
    mapped(world, "base1-2", source="psa", product="1")
    with psycopg.connect(world.url) as connection:
        assert FactRepo(connection).specs("psa") == {"1": "base1-2"}


def test_hot_products_are_those_of_a_card_by_now(world: World, folder: Path) -> None:
    mapped(world, "base1-4")
    world.ingest(stall, told(folder, "a.csv", sale(1)), DAYS[0])
    mapped(world, "base1-2", product="other")
    mapped(world, "base1-2")
    with psycopg.connect(world.url) as connection:
        hot = CatalogRepo(connection).hot_products(
            "stall", since=datetime(2024, 1, 1, tzinfo=UTC), limit=5
        )
    assert hot == [], "the product is another card by now, and nobody sold that one"
