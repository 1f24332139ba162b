"""TCGplayer's product sales and market prices over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.tcgplayer import TcgplayerPrices, TcgplayerSales, product_ids
from ingestion.domain.errors import SourceRefused, SourceUnavailable, WrongWindow
from ingestion.domain.records import Window
from stack.ports import PortBook
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import World, received
from tests.ingestion.test_other_markets import map_product

DAY = date(2025, 3, 2)
NOON = datetime(2025, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def api(port_book: PortBook, first_port: int) -> Iterator[Api]:
    with made_api(port_book.take("tcgplayer", first_port)) as made:
        yield made


def sale(at: datetime, **other: Any) -> dict[str, Any]:
    return {
        "condition": "Near Mint",
        "variant": "Holofoil",
        "language": "English",
        "quantity": 1,
        "title": "",
        "listingType": "ListingWithoutPhotos",
        "customListingId": "0",
        "purchasePrice": 26.12,
        "shippingPrice": 0.0,
        "orderDate": at.isoformat(timespec="milliseconds"),
    } | other


def selling(api: Api, sales: dict[str, list[dict[str, Any]]]) -> None:
    """Lets the API answer with these sales of each product, newest first, in pages."""

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        found = sales.get(path.split("/")[3])
        if found is None:
            return None
        page = found[body["offset"] : body["offset"] + body["limit"]]
        more = body["offset"] + len(page) < len(found)
        counts = {"resultCount": len(page), "totalResults": len(found)}
        return {"previousPage": "", "nextPage": "Yes" if more else "", **counts, "data": page}

    api.answer = answer


def sales_source(api: Api, *products: str) -> TcgplayerSales:
    return TcgplayerSales(find_format("tcgplayer"), api.edge("tcgplayer"), lambda: products)


def prices_source(api: Api, *products: str, now: datetime = NOON) -> TcgplayerPrices:
    mapping = find_format("tcgplayer_prices")
    return TcgplayerPrices(mapping, api.edge("tcgplayer"), lambda: products, now=lambda: now)


def test_pages_are_read_back_to_the_begin_of_the_window(api: Api) -> None:
    ages = [timedelta(hours=hours) for hours in range(-2, 200)]
    selling(api, {"451784": [sale(NOON - age) for age in ages]})
    source = sales_source(api, "451784", "999")
    told = source.read(received(source, Window(DAY, DAY))).rows
    assert told.height == 15, "two after noon, noon and twelve before it"
    assert [body["offset"] for _, _, body in api.asked if body] == [0, 0]
    assert api.paths() == ["/v2/product/451784/latestsales", "/v2/product/999/latestsales"]
    early = Window(DAY - timedelta(days=2), DAY)
    assert source.read(received(source, early)).rows.height == 63
    assert [body["offset"] for _, _, body in api.asked[2:]] == [0, 25, 50, 0]


def test_sales_become_trades_by_printing_and_condition(world: World, api: Api) -> None:
    map_product(world, "tcgplayer", "451784:Holofoil", "base1-4")
    map_product(world, "tcgplayer", "451784:1st Edition Holofoil", "base1-4~1st")
    equal = sale(NOON, purchasePrice=30.1)
    odd = [
        sale(NOON, variant="1st Edition Holofoil", condition="Damaged"),
        sale(NOON, language="Japanese"),
        sale(NOON, quantity=4),
        sale(NOON, condition="Slabbed"),
        sale(NOON) | {"purchasePrice": None},
        {"orderDate": NOON.isoformat()},
    ]
    selling(api, {"451784": [equal, equal, *odd]})
    told = world.ingest(sales_source(api, "451784"), None, DAY)
    assert told["quarantined_by_reason"] == {
        "grade_unknown": 1,
        "item_unmapped": 1,
        "lot": 1,
        "malformed_row": 1,
        "price_unreadable": 1,
    }
    sold = world.rows(
        "select card_id, grade_code, price_cents, ts from market.trades order by price_cents, ts"
    )
    assert sold == [
        ("base1-4~1st", "raw-poor", 2_612, NOON),
        ("base1-4", "raw", 3_010, NOON),
        ("base1-4", "raw", 3_010, NOON),
    ]
    again = world.ingest(sales_source(api, "451784"), None, DAY, DAY - timedelta(days=3))
    assert again["added"] == 0, "sales without a number keep their keys when read again"


def test_market_prices_are_quotes_of_the_day_they_were_asked(world: World, api: Api) -> None:
    map_product(world, "tcgplayer", "1:Holofoil", "base1-4")

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        row = {"lowPrice": 0.1, "midPrice": 0.51, "highPrice": 25.51, "directLowPrice": None}
        results = [
            {"productId": 1, **row, "marketPrice": 0.53, "subTypeName": "Holofoil"},
            {"productId": 1, **row, "marketPrice": None, "subTypeName": "Normal"},
        ]
        return {"success": True, "errors": [], "results": results if "/1," in path else []}

    api.answer = answer
    source = prices_source(api, *(str(number) for number in range(1, 301)))
    told = world.ingest(source, None, DAY)
    assert (told["read"], told["added"]) == (1, 1)
    assert len(api.asked) == 2, "250 products are asked for at once"
    assert world.rows("select kind, price_cents, day from market.reported_prices") == [
        ("quote", 53, DAY)
    ]


def test_a_price_of_now_is_no_price_of_last_week(api: Api) -> None:
    source = prices_source(api, "1", now=NOON + timedelta(days=8))
    with pytest.raises(WrongWindow, match="prices of now"):
        received(source, Window(DAY, DAY))


def test_an_answer_without_its_list_is_final(api: Api) -> None:
    api.answer = lambda path, params, body: {"results": "soon"}
    with pytest.raises(SourceRefused, match="list `data`"):
        received(sales_source(api, "1"), Window(DAY, DAY))
    with pytest.raises(SourceRefused, match="list `results`"):
        received(prices_source(api, "1"), Window(DAY, DAY))


def test_a_sale_that_comes_in_between_two_pages_adds_no_sale_and_loses_none(
    world: World, api: Api
) -> None:
    map_product(world, "tcgplayer", "451784:Holofoil", "base1-4")
    sales = [sale(NOON - timedelta(minutes=n), purchasePrice=20.0 + n) for n in range(31)]
    shop, comes_in = {"451784": sales}, [sale(NOON + timedelta(minutes=1), purchasePrice=99)]
    selling(api, shop)
    tell = api.answer

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        if body["offset"] == 25 and comes_in:
            sales.insert(0, comes_in.pop())
        return tell(path, params, body)

    api.answer = answer
    told = world.ingest(sales_source(api, "451784"), None, DAY)
    assert (told["read"], told["added"]) == (32, 32)
    assert [body["offset"] for _, _, body in api.asked] == [0, 25, 0, 0, 25]


def test_honest_equal_sales_at_the_turn_of_a_page_are_all_kept(world: World, api: Api) -> None:
    map_product(world, "tcgplayer", "451784:Holofoil", "base1-4")
    ages = [*range(25), 24, *range(25, 29)]
    selling(api, {"451784": [sale(NOON - timedelta(minutes=age)) for age in ages]})
    told = world.ingest(sales_source(api, "451784"), None, DAY)
    assert (told["read"], told["added"]) == (30, 30)
    twice = "select ts from market.trades group by ts having count(*) = 2"
    assert world.rows(twice) == [(NOON - timedelta(minutes=24),)]


def test_a_product_whose_pages_never_stand_still_is_left_to_a_later_run(api: Api) -> None:
    sales = [sale(NOON - timedelta(minutes=n)) for n in range(40)]
    selling(api, {"451784": sales})
    tell, new = api.answer, count(1)

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        sales.insert(0, sale(NOON + timedelta(minutes=next(new))))
        return tell(path, params, body)

    api.answer = answer
    with pytest.raises(SourceUnavailable, match="whenever its pages were read"):
        received(sales_source(api, "451784"), Window(DAY, DAY))


def test_pages_in_a_circle_end(api: Api) -> None:
    page = {"nextPage": "Yes", "data": [sale(NOON), sale(NOON)]}
    api.answer = lambda path, params, body: page
    with pytest.raises(SourceRefused, match="circle"):
        received(sales_source(api, "1"), Window(DAY, DAY))
    assert len(api.asked) == 3, "the page before was asked for again, and had not moved"


def test_products_are_asked_for_once_whatever_their_printings() -> None:
    assert product_ids(["1:Holofoil", "1:Normal", "2:Normal:Japanese"]) == ["1", "2"]
