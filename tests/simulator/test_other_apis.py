"""The TCGplayer-, catalog- and facts-shaped APIs over real HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from stack.simulator.history import History
from stack.simulator.market import Market
from stack.simulator.posts import COLD, WARM, X_STREAM, Writers
from stack.simulator.prints import DAY_S
from stack.simulator.settings import Dirt, MarketSettings
from stack.simulator.tcgplayer import SalesAsked, Shop
from stack.simulator.universe import Universe, catalog_cards, products_of
from tests.simulator.conftest import CARDS, MovableClock

UMBREON = "swsh7-215"
TERM = "Umbreon VMAX Evolving Skies"


def product_of(source: str, card: str) -> str:
    return next(product for product, one in products_of(source).items() if one == card)


PRODUCT, VARIANT = product_of("tcgplayer", UMBREON).split(":")


def latest(market: httpx.Client, product: str = PRODUCT, **asked: int) -> httpx.Response:
    question: dict[str, object] = {"conditions": [], "languages": [], "variants": []}
    body = {**question, "listingType": "All", **asked}
    return market.post(f"/tcgplayer/v2/product/{product}/latestsales", json=body)


def pages(market: httpx.Client) -> Iterator[dict[str, Any]]:
    offset, more = 0, True
    while more:
        page = latest(market, offset=offset, limit=25).json()
        yield from page["data"]
        offset += page["resultCount"]
        more = bool(page["nextPage"])
    assert offset == page["totalResults"]


def test_latest_sales_are_every_sale_of_the_product_newest_first(
    market: httpx.Client, universe: Universe, two_years: History
) -> None:
    sold = list(pages(market))
    moments = [sale["orderDate"] for sale in sold]
    assert all(later >= earlier for later, earlier in pairwise(moments))
    card = [p.card_id for p in universe.products].index(UMBREON)
    assert len(sold) >= (two_years.shop.card == card).sum() > 100
    assert {sale["variant"] for sale in sold} == {VARIANT}
    assert {sale["language"] for sale in sold} == {"English"}
    near_mint = [s["purchasePrice"] for s in sold if s["condition"] == "Near Mint"]
    assert np.log(np.median(near_mint)) == pytest.approx(universe.log_level[card, 0], abs=0.5)
    damaged = [s["purchasePrice"] for s in sold if s["condition"] == "Heavily Played"]
    assert np.median(damaged) < 0.8 * np.median(near_mint)


def test_a_product_nobody_knows_is_not_found(market: httpx.Client) -> None:
    answer = latest(market, "1")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "NotFound"
    assert latest(market, limit=26).status_code == 422


def test_prices_of_products_that_exist(market: httpx.Client, two_years: History) -> None:
    answer = market.get(f"/tcgplayer/v1.39.0/pricing/product/{PRODUCT},1").json()
    assert (answer["success"], answer["errors"]) == (True, [])
    (price,) = answer["results"]
    assert (price["productId"], price["subTypeName"]) == (int(PRODUCT), VARIANT)
    assert price["lowPrice"] < price["marketPrice"] < price["midPrice"] < price["highPrice"]
    none = market.get("/tcgplayer/v1.39.0/pricing/product/1")
    assert (none.status_code, none.json()["success"]) == (404, False)
    many = ",".join(map(str, range(251)))
    assert market.get(f"/tcgplayer/v1.39.0/pricing/product/{many}").status_code == 400


SOILED = MarketSettings(
    cards=CARDS, dirt=Dirt.none().model_copy(update={"wrong_links": 0.3, "wrong_variants": 0.1})
)


@pytest.fixture(scope="module")
def soiled() -> Market:
    return Market(SOILED, clock=MovableClock(datetime(2026, 10, 1, tzinfo=UTC)))


def test_a_wrong_link_sells_a_dearer_printing(soiled: Market) -> None:
    shop = Shop(soiled, SOILED)
    assert 0.1 * CARDS < len(shop.wrong_links) < 0.5 * CARDS
    cards = {int(p.split(":")[0]): card for p, card in products_of("tcgplayer").items()}
    order = [product.card_id for product in soiled.universe.products]
    value = soiled.told()[0].values[-1]
    for product in list(cards)[:CARDS]:
        (price,) = shop.prices([product])
        over = np.log(price["marketPrice"]) - value[order.index(cards[product])]
        assert (over > 1) == (product in shop.wrong_links)


def test_some_sales_of_a_product_are_of_another_language(soiled: Market) -> None:
    shop = Shop(soiled, SOILED)
    pages = [shop.sales(int(PRODUCT), SalesAsked(offset=offset)) for offset in range(0, 100, 25)]
    languages = [sale["language"] for page in pages if page for sale in page[0]]
    assert set(languages) == {"English", "Japanese"}


def test_catalog_pages_hold_every_set_and_card_once(market: httpx.Client) -> None:
    key = {"X-Api-Key": "let-me-in"}
    sets = market.get("/pokemontcg/v2/sets", params={"pageSize": 250}, headers=key).json()
    assert sets["count"] == sets["totalCount"] == 6
    dates = [one["releaseDate"] for one in sets["data"]]
    assert dates == sorted(dates)
    ids = []
    for one in sets["data"]:
        assert one["updatedAt"].startswith(one["releaseDate"])
        query = {"q": f"set.id:{one['id']}", "pageSize": "5", "orderBy": "number"}
        page = 1
        while found := market.get(
            "/pokemontcg/v2/cards", params={**query, "page": str(page)}, headers=key
        ).json()["data"]:
            assert {card["set"]["id"] for card in found} == {one["id"]}
            ids += [card["id"] for card in found]
            page += 1
    assert sorted(ids) == sorted(card["id"] for card in catalog_cards()[:CARDS])


def test_catalog_wants_its_key_and_a_query_it_knows(market: httpx.Client) -> None:
    assert market.get("/pokemontcg/v2/sets").status_code == 403
    key = {"X-Api-Key": "let-me-in"}
    for query in ({"q": "name:pikachu"}, {"pageSize": "251"}, {"page": "0"}, {"select": "id"}):
        assert market.get("/pokemontcg/v2/cards", params=query, headers=key).status_code == 400


def test_a_population_grows_and_counts_every_grade(
    market: httpx.Client, clock: MovableClock
) -> None:
    path = f"/psa/publicapi/pop/GetPSASpecPopulation/{product_of('psa', UMBREON)}"
    before = market.get(path).json()
    counts = dict(before["PSAPop"])
    assert counts.pop("Total") == sum(counts.values())
    assert counts["Grade10"] > counts["Grade9"] > counts["Grade8"] > 0
    assert "UMBREON VMAX" in before["Description"]
    clock.now += timedelta(days=30)
    after = market.get(path).json()["PSAPop"]
    assert all(after[grade] >= count for grade, count in before["PSAPop"].items())
    assert after["Total"] > before["PSAPop"]["Total"]
    assert market.get("/psa/publicapi/pop/GetPSASpecPopulation/1").status_code == 204


def trend(market: httpx.Client, term: str, span: str) -> list[dict[str, Any]]:
    """Both calls of the trends page, as a browser makes them."""
    asked = {"comparisonItem": [{"keyword": term, "geo": "", "time": span}], "category": 0}
    explored = market.get("/trends/trends/api/explore", params={"req": json.dumps(asked)}).text
    guard, _, body = explored.partition("\n")
    assert guard == ")]}'"
    widget = json.loads(body)["widgets"][0]
    assert widget["id"] == "TIMESERIES"
    query = {"req": json.dumps(widget["request"]), "token": widget["token"]}
    told = market.get("/trends/trends/api/widgetdata/multiline", params=query)
    guard, _, body = told.text.partition("\n")
    assert guard == ")]}',"
    points: list[dict[str, Any]] = json.loads(body)["default"]["timelineData"]
    return points


def test_trends_are_daily_and_relative_to_the_largest_of_the_span(market: httpx.Client) -> None:
    points = trend(market, TERM, "2026-07-01 2026-09-28")
    assert len(points) == 90
    assert points[0]["time"] == str(int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()))
    values = [point["value"][0] for point in points]
    assert max(values) == 100
    assert min(values) > 0
    assert trend(market, "Nobody Searches This", "2026-07-01 2026-09-28") == []


def test_trends_refuse_another_token_or_a_span_that_is_none(market: httpx.Client) -> None:
    req = json.dumps({"time": "2026-07-01 2026-07-02", "comparisonItem": [{"keyword": TERM}]})
    told = market.get("/trends/trends/api/widgetdata/multiline", params={"req": req, "token": "x"})
    assert told.status_code == 401
    for wrong in ("", "{}", '{"comparisonItem": [{"keyword": "x", "time": "soon"}]}'):
        answer = market.get("/trends/trends/api/explore", params={"req": wrong})
        assert answer.status_code == 400


def test_reddit_posts_come_newest_first_and_page_by_page(market: httpx.Client) -> None:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        query = {"q": f'"{TERM}"', "limit": "40", "sort": "new"}
        if after is not None:
            query["after"] = after
        listing = market.get("/reddit/r/PokemonTCG/search", params=query).json()
        assert listing["kind"] == "Listing"
        found += [child["data"] for child in listing["data"]["children"]]
        after = listing["data"]["after"]
        if after is None or len(found) > 200:
            break
    assert len({post["name"] for post in found}) == len(found) > 100
    written = [post["created_utc"] for post in found]
    assert written == sorted(written, reverse=True)
    assert all(TERM in post["title"] for post in found)
    none = market.get("/reddit/r/PokemonTCG/search", params={"q": '"Nobody"'}).json()
    assert none["data"]["children"] == []


def test_x_posts_lie_within_the_times_asked(market: httpx.Client) -> None:
    span = {"start_time": "2026-09-01T00:00:00Z", "end_time": "2026-09-20T00:00:00Z"}
    query = {"query": f'"{TERM}" lang:en -is:retweet', "max_results": "10", **span}
    first = market.get("/x/2/tweets/search/recent", params=query).json()
    assert first["meta"]["result_count"] == len(first["data"]) == 10
    token = first["meta"]["next_token"]
    second = market.get("/x/2/tweets/search/recent", params={**query, "next_token": token}).json()
    ids = [post["id"] for page in (first, second) for post in page["data"]]
    assert len(set(ids)) == len(ids)
    moments = [post["created_at"] for page in (first, second) for post in page["data"]]
    assert moments == sorted(moments, reverse=True)
    assert span["start_time"] <= moments[-1] <= moments[0] < span["end_time"]
    none = market.get("/x/2/tweets/search/recent", params={"query": '"Nobody"'}).json()
    assert none == {"meta": {"result_count": 0}}


@pytest.mark.parametrize(
    "path",
    [
        "/reddit/r/PokemonTCG/search",
        "/x/2/tweets/search/recent",
        "/psa/publicapi/pop/GetPSASpecPopulation/1",
        "/tcgplayer/v1.39.0/pricing/product/1",
    ],
)
def test_every_api_wants_the_token(market: httpx.Client, path: str) -> None:
    answer = market.get(path, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_what_people_write_follows_the_fashion(soiled: Market) -> None:
    history, until = soiled.told()
    card = [p.card_id for p in soiled.universe.products].index("base1-4")
    term = "Charizard Base"
    last = int(until) // DAY_S - 1
    said: dict[bool, list[str]] = {True: [], False: []}
    for post in Writers(soiled, X_STREAM).posts(term, 0, until):
        drift = history.drifts[post.second // DAY_S - last - 1, card]
        said[bool(drift > 0)].append(post.text)
    warm, cold = ({phrase.format(card=term) for phrase in phrases} for phrases in (WARM, COLD))

    def praise(texts: list[str]) -> float:
        praised, blamed = (sum(text in words for text in texts) for words in (warm, cold))
        return praised / (praised + blamed)

    assert praise(said[True]) > praise(said[False]) + 0.2
