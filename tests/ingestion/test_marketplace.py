"""The sold-items search over real HTTP: paging, faults, tokens, and what items may say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from ingestion.adapters.sources.edge import ATTEMPTS, Clock, CredentialRefused, Edge
from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.limits import LocalLimit, Rate
from ingestion.adapters.sources.marketplace import SEARCH, MarketplaceSource
from ingestion.adapters.sources.sold_items import told_rows
from ingestion.domain.errors import BudgetSpent, SourceRefused, SourceUnavailable
from ingestion.domain.records import Window
from ingestion.ports.sources import Source
from ingestion.usecases.load_product_map import load_product_map
from stack.ports import PortBook
from tests.ingestion.conftest import World, received
from tests.ingestion.served import served

DAY = date(2024, 10, 1)
WINDOW = Window(DAY, DAY)
TOKEN = "let-me-in"


def item(number: int, **other: Any) -> dict[str, Any]:
    return {
        "itemId": f"v1|{number}|0",
        "epid": "77",
        "title": "Charizard 4/102",
        "lastSoldDate": f"2024-10-01T10:{number % 60:02}:00Z",
        "lastModifiedDate": f"2024-10-01T10:{number % 60:02}:00Z",
        "lastSoldPrice": {"value": "120.50", "currency": "USD"},
        "totalSoldQuantity": 1,
        "seller": {"username": f"seller{number}"},
        "buyingOptions": ["AUCTION"],
    } | other


def graded(company: str, grade: str) -> list[dict[str, Any]]:
    return [
        {"name": "Professional Grader", "values": [{"content": company}]},
        {"name": "Grade", "values": [{"content": grade}]},
    ]


@dataclass
class Shop:
    """A marketplace whose items and faults a test decides."""

    items: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Response] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"errors": []}, status_code=401)
        if self.faults:
            return self.faults.pop(0)
        offset, limit = int(request.query_params["offset"]), int(request.query_params["limit"])
        page = self.items[offset : offset + limit]
        return JSONResponse({"total": len(self.items), "offset": offset, "itemSales": page})


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


CLOCK = Clock(sleep=lambda _: None)


def source(shop: Shop, *, token: str = TOKEN, url: str | None = None, **other: Any) -> Source:
    edge = Edge(
        source="ebay",
        base_url=lambda: url or shop.url,
        rate=Rate("ebay", 60_000_000),
        deadline_s=60.0,
        headers=lambda: {"Authorization": f"Bearer {token}"},
        clock=CLOCK,
    )
    return MarketplaceSource(find_format("marketplace"), replace(edge, **other))


def collected(shop: Shop, **other: Any) -> pl.DataFrame:
    asked = source(shop, **other)
    return asked.read(received(asked, WINDOW)).rows


def test_all_pages_of_the_window_are_asked_for(shop: Shop) -> None:
    shop.items = [item(number) for number in range(450)]
    assert collected(shop).height == 450
    assert [asked["offset"] for asked in shop.asked] == ["0", "200", "400"]
    window = "lastSoldDate:[2024-10-01T00:00:00Z..2024-10-02T00:00:00Z]"
    assert {asked["filter"] for asked in shop.asked} == {window}


def test_a_passing_fault_is_asked_again(shop: Shop) -> None:
    shop.items = [item(1)]
    shop.faults = [Response(status_code=500), Response(status_code=429)]
    assert collected(shop).height == 1
    assert len(shop.asked) == 3


def test_what_the_source_says_about_waiting_is_heeded(shop: Shop) -> None:
    shop.items = [item(1)]
    shop.faults = [Response(status_code=429, headers={"Retry-After": "7"})]
    slept: list[float] = []
    clock = Clock(sleep=slept.append, now=lambda: sum(slept))
    collected(shop, clock=clock, limit=LocalLimit(clock.now))
    assert 7.0 <= sum(slept) <= 8.0


def test_a_lasting_fault_is_worth_a_later_retry(shop: Shop) -> None:
    shop.faults = [Response(status_code=503) for _ in range(9)]
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        collected(shop)
    assert len(shop.asked) == ATTEMPTS


def test_nobody_listening_is_worth_a_retry(shop: Shop) -> None:
    with pytest.raises(SourceUnavailable, match="ConnectError"):
        collected(shop, url="http://127.0.0.1:9")


def test_a_wrong_token_is_final_and_says_what_to_do(shop: Shop) -> None:
    with pytest.raises(CredentialRefused, match="renew the secret"):
        collected(shop, token="other", advice="renew the secret")
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Response("{not json", media_type="application/json"),
        JSONResponse({"itemSales": []}),
        JSONResponse({"total": 1, "itemSales": ["no item"]}),
        JSONResponse({"errors": [{"message": "bad filter"}]}, status_code=400),
    ],
)
def test_an_answer_nobody_can_read_is_final(shop: Shop, answer: Response) -> None:
    shop.faults = [answer]
    with pytest.raises(SourceRefused):
        collected(shop)
    assert len(shop.asked) == 1


def test_paging_ends_at_its_deadline(shop: Shop) -> None:
    shop.items = [item(number) for number in range(450)]
    passed: list[float] = []

    def sleep(seconds: float) -> None:
        passed.append(seconds)

    clock = Clock(sleep=sleep, now=lambda: sum(passed))
    limit = LocalLimit(clock.now)
    asked = source(shop, rate=Rate("ebay", 1), clock=clock, limit=limit, deadline_s=70)
    week = Window(DAY, DAY + timedelta(days=6))
    pieces = asked.collect(week, asked.subjects(week), path=None, item_map=None)
    assert next(pieces).subjects == [str(DAY)], "a day that was begun is ended"
    with pytest.raises(BudgetSpent, match="not done after 70 s and 3 answers"):
        next(pieces)
    assert len(shop.asked) == 3


def test_pages_are_asked_for_no_faster_than_the_source_allows(shop: Shop) -> None:
    shop.items = [item(number) for number in range(450)]
    slept: list[float] = []
    clock = Clock(sleep=slept.append, now=lambda: sum(slept))
    found = collected(shop, rate=Rate("ebay", 120), limit=LocalLimit(clock.now), clock=clock)
    assert found.height == 450
    assert slept == [0.5, 0.5]


def test_pages_in_a_circle_are_final(shop: Shop) -> None:
    page = {"total": 1_000_000, "itemSales": [item(1), item(2)]}
    shop.faults = [JSONResponse(page) for _ in range(3)]
    with pytest.raises(SourceRefused, match="in a circle"):
        collected(shop)
    assert len(shop.asked) == 2


def test_what_each_item_says_decides_whether_it_is_a_trade(world: World, shop: Shop) -> None:
    with world.unit() as unit:
        columns = ("source", "product", "card_id", "grade_code", "valid_from")
        row = ("marketplace", "77", "base1-4", None, "2024-01-01")
        products = pl.DataFrame([row], schema=dict.fromkeys(columns, pl.String), orient="row")
        proof = {"confidence": "1.0", "evidence": "page", "actor": "test"}
        load_product_map(
            unit, [], products.with_columns(**{k: pl.lit(v) for k, v in proof.items()})
        )
    shop.items = [
        item(1),
        item(2, conditionDescriptors=graded("PSA", "10")),
        item(3, conditionDescriptors=graded("CGC", "9.5")),
        item(4, totalSoldQuantity=3),
        item(5, lastSoldPrice={"value": "90.00", "currency": "EUR"}),
        item(6, epid="78", title="a card"),
        item(7, conditionDescriptors=graded("HGA", "10")),
        item(8, lastSoldPrice=None),
        item(9, lastSoldDate="yesterday"),
        item(10, lastModifiedDate="2024-10-03T00:00:00Z"),
        item(11, epid=None, title=None),
    ]
    summary = world.ingest(source(shop), None, DAY)
    assert summary["quarantined_by_reason"] == {
        "item_missing": 1,
        "currency_unsupported": 1,
        "grade_unknown": 1,
        "title_no_card": 1,
        "lot": 1,
        "malformed_row": 1,
        "time_unreadable": 1,
    }
    sold = world.rows(
        "select source_sale_id, grade_code, price_cents, known_at = ts, seller from market.trades"
        " order by ts"
    )
    assert sold == [
        ("v1|1|0", "raw", 12_050, True, "seller1"),
        ("v1|2|0", "psa10", 12_050, True, "seller2"),
        ("v1|3|0", "cgc9.5", 12_050, True, "seller3"),
        ("v1|10|0", "raw", 12_050, False, "seller10"),
    ]
    assert world.ingest(source(shop), None, DAY)["added"] == 0


def test_a_day_without_sales_is_an_ordinary_day(world: World, shop: Shop) -> None:
    assert world.ingest(source(shop), None, DAY)["read"] == 0


def test_a_source_that_fails_stores_nothing(world: World, shop: Shop) -> None:
    shop.items = [item(number) for number in range(450)]
    good = JSONResponse({"total": 450, "itemSales": shop.items[:200]})
    shop.faults = [good, *(Response(status_code=500) for _ in range(ATTEMPTS))]
    with pytest.raises(SourceUnavailable):
        world.fetch(source(shop), None, DAY, None)
    assert list(world.lake.keys("raw", "")) == []
    assert world.rows("select * from market.loads") == []


@pytest.mark.parametrize(
    "name", ["sample_response_100.json", "sample_response_100_best_match.json"]
)
def test_fields_that_a_recorded_answer_shares_are_read_as_it_writes_them(
    shared_data: Path, name: str
) -> None:
    """The recording is of items on offer: what a sold item adds is put in, all else is as it is."""
    recorded = json.loads((shared_data / "api_fixtures" / "ebay_browse" / name).read_text("utf-8"))
    offered = recorded["itemSummaries"]
    added = {"lastSoldDate": "2024-10-01T10:00:00Z", "totalSoldQuantity": 1}
    sold = [one | added | {"lastSoldPrice": one["price"]} for one in offered]
    rows = told_rows("a.jsonl", "\n".join(map(json.dumps, sold)).encode())
    assert rows.get_column("fault").to_list() == [None] * len(offered)
    for column, told in {
        "id": [one["itemId"] for one in offered],
        "title": [one["title"] for one in offered],
        "price": [one["price"]["value"] for one in offered],
        "currency": [one["price"]["currency"] for one in offered],
        "seller": [one.get("seller", {}).get("username") for one in offered],
        "url": [one.get("itemWebUrl") for one in offered],
        "item": [one.get("epid") for one in offered],
    }.items():
        assert rows.get_column(column).to_list() == told, column
    bought = [json.loads(meta).get("buying") for meta in rows.get_column("meta")]
    assert bought == [one.get("buyingOptions") for one in offered]
