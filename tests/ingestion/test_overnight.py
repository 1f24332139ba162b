"""What happens between two nights: cards in demand, clocks that are wrong, schemas that change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.marketplace import SEARCH, MarketplaceSource
from ingestion.domain.errors import ColumnMissing, NothingUsable, SourceRefused, SuiteFailed
from ingestion.domain.records import Window
from ingestion.ports.sources import Source
from ingestion.usecases.fetch import fetch, window_of
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.refresh_hot import OfProducts, refresh_hot
from ingestion.usecases.screening import Check, unchecked
from stack.ports import PortBook
from tests.ingestion.conftest import Rows, World, WriteCsv
from tests.ingestion.served import served
from tests.ingestion.test_marketplace import Shop, graded, item, source

DAY = date(2024, 10, 1)
NOW = datetime(2024, 10, 1, 12, tzinfo=UTC)
NAME = "plain_sales"
FILES = {
    date(2024, 5, 1): ["base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1"] * 2,
    date(2024, 5, 2): [
        "base1-4,psa9,130.00,2024-05-01T10:00:00Z,s1",
        "base1-4,psa9,99.00,2024-04-30T23:59:59Z,",
    ],
    date(2024, 5, 3): [
        "base1-2,raw,20.00,2024-05-01T09:00:00Z,s4",
        "base9-9,raw,20.00,2024-05-01T09:00:00Z,s5",
    ],
}


@pytest.fixture
def shop(port_book: PortBook, first_port: int) -> Iterator[Shop]:
    made = Shop()
    app = FastAPI()

    @app.get(SEARCH)
    async def search(request: Request) -> Response:
        return made.answer(request)

    with served(app, port_book.take("shop", first_port)) as url:
        made.url = url
        yield made


def map_products(world: World, products: dict[str, str]) -> None:
    columns = ("source", "product", "card_id", "grade_code", "valid_from")
    rows = [
        ("marketplace", product, card, None, "2024-01-01") for product, card in products.items()
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    proof = {"confidence": "1.0", "evidence": "page", "actor": "test"}
    with world.unit() as unit:
        load_product_map(unit, [], frame.with_columns(**{k: pl.lit(v) for k, v in proof.items()}))


def sold(number: int, **other: Any) -> dict[str, Any]:
    return item(number, conditionDescriptors=graded("PSA", "9"), **other)


def test_cards_in_demand_are_asked_for_alone_and_the_night_comes_to_the_same(
    world: World, shop: Shop
) -> None:
    map_products(world, {"77": "base1-4", "78": "base1-2"})
    asked = source(shop)
    then = "2024-09-30T10:00:00Z"
    shop.items = [sold(n, lastSoldDate=then, lastModifiedDate=then) for n in range(3)]
    yesterday = DAY - timedelta(days=1)
    world.ingest(asked, None, yesterday)
    cursor = window(world)

    def of_products(name: str, products: Sequence[str]) -> Source:
        assert isinstance(asked, MarketplaceSource)
        return replace(asked, products=tuple(products))

    shop.items.append(sold(3, epid="77"))
    shop.asked.clear()
    titles = ("1st Edition Charizard 4/102", "Charizard 4/102 proxy", "Lot of 3 Charizard 4/102")
    shop.items += [sold(4 + at, epid="77", title=title) for at, title in enumerate(titles)]
    told = hot(world, of_products)
    assert (told["products"], told["read"], told["added"]) == (1, 7, 1)
    assert told["quarantined_new"] == 3
    assert [one["epid"] for one in shop.asked] == ["77"]
    assert world.rows("select day from market.dirty where stage = 'bars' and as_of = '2024-10-01'")
    assert window(world) == cursor  # the night asks for what it would have asked for
    before = world.digest()
    world.ingest(asked, None, DAY)
    assert world.digest() == before
    reasons = world.rows("select reason from market.quarantine order by reason")
    assert reasons == [("title_conflict",), ("title_lot",), ("title_proxy",)]
    nobody = hot(world, of_products, "tcgplayer")
    assert nobody["products"] == 0


def hot(
    world: World, of_products: OfProducts, name: str = "marketplace", *, check: Check = unchecked
) -> Mapping[str, Any]:
    return refresh_hot(world.unit, name, of_products, DAY, limit=5, now=NOW, check=check)


def test_hot_cards_are_held_against_the_contract_before_a_table_is_touched(
    world: World, shop: Shop
) -> None:
    map_products(world, {"77": "base1-4"})
    asked = source(shop)
    then = "2024-09-30T10:00:00Z"
    shop.items = [sold(1, epid="77", lastSoldDate=then, lastModifiedDate=then)]
    yesterday = DAY - timedelta(days=1)
    world.ingest(asked, None, yesterday)
    before = world.digest()

    def refusing(source: str, day: date, records: pl.DataFrame) -> Mapping[str, object]:
        raise SuiteFailed(source, day, [f"{records.height} rows"], ["report"])

    def of_products(name: str, products: Sequence[str]) -> Source:
        assert isinstance(asked, MarketplaceSource)
        return replace(asked, products=tuple(products))

    shop.items.append(sold(2, epid="77"))
    with pytest.raises(SuiteFailed, match="2 rows"):
        hot(world, of_products, check=refusing)
    assert world.digest() == before


def window(world: World) -> Window:
    with world.unit() as unit:
        return window_of(unit, "marketplace", since=None, day=DAY)


def everything(world: World) -> dict[str, Any]:
    """Tables, ledger, cursors and what is in the lake."""
    return {
        **world.digest(),
        "loads": world.rows("select * from market.loads order by source, day, job"),
        "cursors": world.rows("select * from market.source_cursors order by source, stream"),
        "lake": [key for zone in ("raw", "trusted") for key in world.lake.keys(zone, "")],
    }


def test_an_answer_of_another_form_stops_the_night_and_the_next_one_recovers_alone(
    world: World, shop: Shop
) -> None:
    map_products(world, {"77": "base1-4"})
    asked = source(shop)
    shop.items = [sold(1)]
    world.ingest(asked, None, DAY)
    before = everything(world)

    shop.items.append(sold(2, lastSoldDate="2024-10-02T10:00:00Z"))
    shop.faults = [JSONResponse({"count": 2, "results": shop.items})]
    night = DAY + timedelta(days=1)
    with pytest.raises(SourceRefused, match="no `total` and list `itemSales`"):
        world.fetch(asked, None, night, night)
    assert everything(world) == before

    with world.unit() as unit:
        following = window_of(unit, "marketplace", since=None, day=night + timedelta(days=1))
    assert following.first <= night
    told = world.ingest(asked, None, following.last, following.first)
    assert (told["added"], told["quarantined"]) == (1, 0)


def test_a_column_that_was_renamed_overnight_is_named_and_nothing_is_written(
    world: World, plain_file: WriteCsv
) -> None:
    days = list(FILES)
    world.ingest(NAME, plain_file("1.csv", FILES[days[0]]), days[0])
    before, asked = everything(world), FileSource(find_format(NAME))
    renamed = plain_file("2.csv", FILES[days[1]])
    text = renamed.read_text()
    renamed.write_text(text.replace("price", "amount", 1))
    with pytest.raises(ColumnMissing, match="no column price; it has card_id, grade, amount"):
        world.fetch(asked, renamed, days[1], None)
    assert everything(world) == before
    garbled = plain_file("2.csv", [line.replace("base1-4", "card 4") for line in FILES[days[1]]])
    world.fetch(asked, garbled, days[1], None)
    received = everything(world)
    with pytest.raises(NothingUsable, match="card_unknown 2"):
        world.validate(asked, days[1])
    assert everything(world) == received
    renamed.write_text(text)
    assert world.ingest(asked, renamed, days[1])["corrected"] == 1


def skewed(wrong: timedelta) -> datetime:
    return datetime.now(UTC) + wrong


@pytest.mark.parametrize("skew", [timedelta(days=-400), timedelta(hours=-3), timedelta(days=400)])
def test_a_wrong_clock_of_ours_changes_no_row(
    world: World, plain_file: WriteCsv, skew: timedelta
) -> None:
    digests = []
    for wrong in (timedelta(0), skew):
        for day, lines in FILES.items():
            asked = FileSource(find_format(NAME))
            path = plain_file(f"{day}.csv", lines)
            window, clock = Window(day, day), partial(skewed, wrong)
            fetch(world.unit, asked, window, path=path, item_map=None, now=clock)
            world.validate(asked, day)
            world.load(asked, day)
            world.build()
        digests.append(world.digest())
        world.forget()
    assert digests[0] == digests[1]


def test_a_clock_of_the_source_that_is_ahead_is_refused_until_that_day_has_come(
    world: World, plain_file: WriteCsv
) -> None:
    day, ahead = date(2024, 5, 1), date(2024, 5, 2)
    lines = [
        "base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1",
        "base1-4,psa9,110.00,2024-05-02T00:30:00Z,s2",
    ]
    told = world.ingest(NAME, plain_file("a.csv", lines), day)
    assert (told["added"], told["quarantined"]) == (1, 1)
    told = world.ingest(NAME, plain_file("a.csv", lines), ahead)
    assert (told["added"], told["resolved"], told["quarantined"]) == (1, 1, 0)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_and_any_repetition_of_raw_files_gives_the_same_tables(
    world: World, plain_file: WriteCsv, data: st.DataObject
) -> None:
    more = st.lists(st.sampled_from(sorted(FILES)), max_size=3)
    nights = data.draw(st.permutations([*FILES, *data.draw(more)]))
    assert replayed(world, plain_file, nights) == replayed(world, plain_file, sorted(FILES))


def replayed(world: World, plain_file: WriteCsv, nights: Sequence[date]) -> dict[str, Rows]:
    """What the tables hold after these nights; they are emptied."""
    for day in nights:
        world.ingest(NAME, plain_file(f"{day}.csv", FILES[day]), day)
        world.build()
    found = world.digest()
    world.forget()
    return found
