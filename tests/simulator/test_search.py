"""The sold-items search over real HTTP: pages, windows, filters, refusals, faults."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from stack.simulator.history import History
from stack.simulator.routes import SEARCH_PATH
from stack.simulator.universe import Universe
from tests.simulator.conftest import MovableClock

Search = Callable[..., httpx.Response]

DAY, NEXT_DAY = "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"
WEEK_LATER = "2025-03-08T00:00:00Z"


def walk(market: httpx.Client, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All pages from `first` on, following `next`."""
    page: dict[str, Any] | None = first
    while page is not None:
        yield page
        page = market.get(page["next"]).json() if "next" in page else None


def test_pages_cover_every_sale_exactly_once(
    market: httpx.Client, search: Search, two_years: History
) -> None:
    first = search("2024-10-01T00:00:00Z", "2025-01-01T00:00:00Z", limit=1000).json()
    pages = list(walk(market, first))
    items = [item["legacyItemId"] for page in pages for item in page["itemSales"]]
    quarter = two_years.sales.second < datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    assert items == [str(number) for number in two_years.sales.item[quarter].tolist()]
    assert len(pages) > 3
    assert {page["total"] for page in pages} == {len(items)}
    assert "prev" not in pages[0]
    assert market.get(pages[1]["prev"]).json() == pages[0]


def test_window_is_half_open_and_sorted(search: Search) -> None:
    week = search(DAY, WEEK_LATER, limit=1000).json()["itemSales"]
    keys = [(item["lastSoldDate"], item["itemId"]) for item in week]
    assert keys == sorted(keys)
    middle = keys[len(keys) // 2][0]
    before = search(DAY, middle, limit=1000).json()["itemSales"]
    after = search(middle, WEEK_LATER, limit=1000).json()["itemSales"]
    assert before + after == week
    assert after[0]["lastSoldDate"] == middle


def test_days_of_a_week_add_up(search: Search) -> None:
    days = [f"2025-03-{day:02d}T00:00:00Z" for day in range(1, 9)]
    totals = [search(*pair).json()["total"] for pair in pairwise(days)]
    assert sum(totals) == search(DAY, WEEK_LATER).json()["total"] > 0


def test_empty_window_answers_no_sales(search: Search) -> None:
    body = search(DAY, DAY).json()
    assert (body["total"], body["itemSales"]) == (0, [])
    assert "next" not in body


def test_graded_sale_names_grader_grade_and_certificate(search: Search) -> None:
    item = search(DAY, WEEK_LATER, q="psa 10").json()["itemSales"][0]
    facts = {d["name"]: d["values"][0]["content"] for d in item["conditionDescriptors"]}
    assert (facts["Professional Grader"], facts["Grade"]) == ("PSA", "10")
    assert facts["Certification Number"].isdecimal()
    assert (item["condition"], item["conditionId"]) == ("Graded", "2750")


def test_raw_sale_has_no_condition_descriptors(search: Search) -> None:
    items = search(DAY, WEEK_LATER, limit=1000).json()["itemSales"]
    raw = [item for item in items if item["condition"] == "Ungraded"]
    assert raw
    assert not any("conditionDescriptors" in item or "PSA" in item["title"] for item in raw)


def test_epid_selects_one_card_in_all_grades(search: Search, universe: Universe) -> None:
    umbreon = next(p for p in universe.products if p.card_id == "swsh7-215")
    items = search(DAY, WEEK_LATER, epid=umbreon.epid, limit=1000).json()["itemSales"]
    assert {item["epid"] for item in items} == {umbreon.epid}
    assert {item["conditionId"] for item in items} == {"2750", "4000"}
    every = search(DAY, WEEK_LATER, limit=1000).json()["itemSales"]
    assert items == [item for item in every if item["epid"] == umbreon.epid]


def test_query_words_must_all_be_in_the_title(market: httpx.Client, search: Search) -> None:
    first = search(DAY, WEEK_LATER, q="Charizard PSA 10", limit=3).json()
    titles = [i["title"].lower() for page in walk(market, first) for i in page["itemSales"]]
    assert len(titles) == first["total"] > 3
    assert all({"charizard", "psa", "10"} <= set(title.split()) for title in titles)


def test_unknown_epid_answers_no_sales(search: Search) -> None:
    assert search(DAY, NEXT_DAY, epid="1").json()["total"] == 0


def test_titles_keep_to_eighty_characters(search: Search) -> None:
    items = search(DAY, "2025-04-01T00:00:00Z", limit=1000).json()["itemSales"]
    assert max(len(item["title"]) for item in items) <= 80


def test_sale_has_a_page_under_the_same_host(market: httpx.Client, search: Search) -> None:
    item = search(DAY, NEXT_DAY, limit=1).json()["itemSales"][0]
    assert item["itemWebUrl"].startswith(str(market.base_url))
    assert market.get(item["itemWebUrl"]).json() == item
    assert market.get("/itm/123").status_code == 404


def test_nothing_is_sold_in_the_future(search: Search, clock: MovableClock) -> None:
    sold = search("2026-10-01T00:00:00Z", "2027-10-01T00:00:00Z").json()["total"]
    clock.now += timedelta(days=3)
    later = search("2026-10-01T00:00:00Z", "2027-10-01T00:00:00Z").json()["total"]
    assert 0 < sold < later
    clock.now -= timedelta(days=3)
    assert search("2026-10-01T00:00:00Z", "2027-10-01T00:00:00Z").json()["total"] == sold


@pytest.mark.parametrize("header", ["", "Bearer wrong", "let-me-in"])
def test_call_without_the_token_is_refused(market: httpx.Client, header: str) -> None:
    answer = market.get(SEARCH_PATH, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["errorId"] == 1001


@pytest.mark.parametrize(
    ("parameters", "blamed"),
    [
        ({}, "filter"),
        ({"filter": "lastSoldDate:[2025-03-01T00:00:00Z..]"}, "filter"),
        ({"filter": "lastSoldDate:[yesterday..2025-03-01T00:00:00Z]"}, "filter"),
        ({"filter": "lastSoldDate:[2025-03-01..2025-03-02]"}, "filter"),
        ({"filter": f"lastSoldDate:[{NEXT_DAY}..{DAY}]"}, "filter"),
        ({"filter": f"price:[{DAY}..{NEXT_DAY}]"}, "filter"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}],price:[1..2]"}, "filter"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "limit": "0"}, "limit"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "limit": "1001"}, "limit"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "limit": "ten"}, "limit"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "offset": "-1"}, "offset"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "offset": "9" * 5000}, "offset"),
        ({"filter": f"lastSoldDate:[{DAY}..{NEXT_DAY}]", "sort": "price"}, "sort"),
        ({"filter": [f"lastSoldDate:[{DAY}..{NEXT_DAY}]"] * 2}, "filter"),
    ],
)
def test_bad_query_is_refused_naming_the_parameter(
    market: httpx.Client, parameters: dict[str, str | list[str]], blamed: str
) -> None:
    answer = market.get(SEARCH_PATH, params=parameters)
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["parameters"][0]["name"] == blamed
    assert error["longMessage"]


def test_fault_hits_so_many_searches_and_no_more(market: httpx.Client, search: Search) -> None:
    market.post("/_faults", json={"status": 500, "times": 2})
    statuses = [search(DAY, NEXT_DAY).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_fault_can_ask_to_retry_later_and_can_be_healed(
    market: httpx.Client, search: Search
) -> None:
    market.post("/_faults", json={"status": 429, "times": 5, "retry_after_s": 7})
    hit = search(DAY, NEXT_DAY)
    assert (hit.status_code, hit.headers["Retry-After"]) == (429, "7")
    assert hit.json()["errors"][0]["message"] == "Too many requests."
    assert market.get("/_faults").json()["times"] == 4
    market.delete("/_faults")
    assert search(DAY, NEXT_DAY).status_code == 200


def test_fault_that_is_no_error_is_refused(market: httpx.Client) -> None:
    assert market.post("/_faults", json={"status": 200, "times": 1}).status_code == 422
    assert market.get("/_faults").json() is None


def test_health_names_the_instance_and_needs_no_token(market: httpx.Client) -> None:
    answer = httpx.get(f"{market.base_url}/healthz")
    assert answer.json() == {"status": "ok", "instance": "i-1"}
