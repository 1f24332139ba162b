"""Each kind of dirt shows in the answers as documented, in the asked amount, and only there."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from stack.simulator.flaws import RECLASSIFIED, SHILL_SALES
from stack.simulator.history import begin_history
from stack.simulator.market import Market
from stack.simulator.search import parse_query
from stack.simulator.settings import Dirt, MarketSettings, from_environment
from stack.simulator.universe import load_universe
from tests.simulator.conftest import MovableClock

CARDS = 12
NOW = datetime(2026, 10, 20, tzinfo=UTC)
EARLY, LATE = "2024-10-01T00:00:00Z", "2026-12-01T00:00:00Z"
USUAL = Dirt()


def market(*, now: datetime = NOW, **shares: float) -> tuple[Market, MovableClock]:
    clock = MovableClock(now)
    dirt = Dirt.none().model_copy(update=shares)
    return Market(MarketSettings(cards=CARDS, dirt=dirt), clock=clock), clock


def items(market: Market, start: str = EARLY, end: str = LATE) -> list[dict[str, Any]]:
    """All pages, as a client reads them."""
    found: list[dict[str, Any]] = []
    while True:
        asked = {"filter": f"lastSoldDate:[{start}..{end}]", "limit": "200"}
        query = parse_query([*asked.items(), ("offset", str(len(found)))])
        page, total = market.search(query, host="http://here")
        found += page
        if len(found) >= total:
            return found


@pytest.fixture(scope="module")
def clean() -> list[dict[str, Any]]:
    return items(market()[0])


def test_a_clean_market_tells_every_sale_once_in_dollars(clean: list[dict[str, Any]]) -> None:
    assert len({item["itemId"] for item in clean}) == len(clean) > 5_000
    assert {item["lastSoldPrice"]["currency"] for item in clean} == {"USD"}
    assert {item["totalSoldQuantity"] for item in clean} == {1}
    assert all(item["lastModifiedDate"] == item["lastSoldDate"] for item in clean)
    assert not any("saleStatus" in item for item in clean)


def test_repeated_items_come_again_on_a_later_page(clean: list[dict[str, Any]]) -> None:
    told = items(market(duplicates=0.01)[0])
    twice = {item for item, times in Counter(one["itemId"] for one in told).items() if times == 2}
    assert 0.005 < len(twice) / len(clean) < 0.02
    places = {name: [at for at, one in enumerate(told) if one["itemId"] == name] for name in twice}
    apart = [later // 200 - first // 200 for first, later in places.values()]
    assert sum(pages > 0 for pages in apart) > 0.5 * len(apart)
    assert {item["itemId"] for item in told} == {item["itemId"] for item in clean}


def test_lots_have_a_quantity_and_one_price(clean: list[dict[str, Any]]) -> None:
    told = items(market(lots=0.02)[0])
    lots = [(a, b) for a, b in zip(told, clean, strict=True) if a["totalSoldQuantity"] > 1]
    assert 0.01 < len(lots) / len(told) < 0.03
    for lot, single in lots:
        copies = lot["totalSoldQuantity"]
        assert lot["title"].startswith(f"Lot of {copies} ")
        whole, one = (float(item["lastSoldPrice"]["value"]) for item in (lot, single))
        assert whole == pytest.approx(0.9 * copies * one, abs=0.02)


def test_shills_are_one_sellers_sales_of_a_day_at_a_multiple() -> None:
    universe = load_universe(cards=CARDS)
    shills = Dirt.none().model_copy(update={"shills": 0.01})
    sales = begin_history(universe, seed=7, through=NOW.date(), dirt=shills).sales
    forged = np.flatnonzero(sales.shill)
    assert 0.005 < len(forged) / SHILL_SALES / len(sales.item) < 0.02
    struck = Counter(
        (
            int(sales.seller[at]),
            int(sales.card[at]),
            int(sales.grade[at]),
            sales.second[at] // 86_400,
        )
        for at in forged
    )
    assert all(times % SHILL_SALES == 0 for times in struck.values())


def test_wrong_variants_say_so_in_the_title_alone(clean: list[dict[str, Any]]) -> None:
    told = items(market(wrong_variants=0.02)[0])
    words = ("1st Edition", "Reverse Holo", "Japanese")
    odd = [(a, b) for a, b in zip(told, clean, strict=True) if a["title"] != b["title"]]
    assert 0.01 < len(odd) / len(told) < 0.03
    for wrong, right in odd:
        assert wrong["title"].startswith(words)
        assert wrong["epid"] == right["epid"]
        assert len(wrong["title"]) <= 80
        assert wrong["lastSoldPrice"] != right["lastSoldPrice"]


def test_other_money_is_told_as_it_is_or_converted(clean: list[dict[str, Any]]) -> None:
    told = items(market(currencies=0.04)[0])
    odd = [
        (a, b) for a, b in zip(told, clean, strict=True) if a["lastSoldPrice"] != b["lastSoldPrice"]
    ]
    assert 0.02 < len(odd) / len(told) < 0.06
    converted = [a for a, _ in odd if "convertedFromCurrency" in a["lastSoldPrice"]]
    assert 0.3 < len(converted) / len(odd) < 0.7
    for foreign, dollars in odd:
        price = foreign["lastSoldPrice"]
        original = price.get("convertedFromCurrency", price["currency"])
        assert original in {"EUR", "GBP", "CAD"}
        if "convertedFromCurrency" in price:
            assert price["value"] == dollars["lastSoldPrice"]["value"]


def test_a_late_item_is_told_once_it_was_modified() -> None:
    day = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"
    late, clock = market(late=0.5)
    everything = items(late, *day)
    behind = [one for one in everything if one["lastModifiedDate"] > one["lastSoldDate"]]
    assert 0.2 < len(behind) / len(everything) < 0.8
    clock.now = datetime(2026, 10, 16, tzinfo=UTC)
    soon = items(late, *day)
    assert {one["itemId"] for one in soon} < {one["itemId"] for one in everything}
    assert all(one["lastModifiedDate"] < "2026-10-16" for one in soon)
    assert items(late, *day) == soon


def test_a_cancelled_sale_stood_until_it_was_modified() -> None:
    day = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"
    revoked, clock = market(revoked=0.5, now=datetime(2026, 11, 10, tzinfo=UTC))
    final = {one["itemId"]: one for one in items(revoked, *day)}
    gone = {name for name, one in final.items() if one.get("saleStatus") == "CANCELLED"}
    assert 0.2 < len(gone) / len(final) < 0.8
    clock.now = datetime(2026, 10, 16, tzinfo=UTC)
    first = {one["itemId"]: one for one in items(revoked, *day)}
    assert set(first) == set(final)
    for name in gone:
        before, after = dict(first[name]), dict(final[name])
        assert "saleStatus" not in before
        assert after.pop("lastModifiedDate") > before.pop("lastModifiedDate")
        after.pop("saleStatus")
        assert before == after


def test_a_reclassified_sale_had_another_grade_before(clean: list[dict[str, Any]]) -> None:
    corrected, clock = market(reclassified=0.3, now=datetime(2026, 11, 10, tzinfo=UTC))
    day = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"
    final = {one["itemId"]: one for one in items(corrected, *day)}
    clock.now = datetime(2026, 10, 16, tzinfo=UTC)
    first = {one["itemId"]: one for one in items(corrected, *day)}
    history, _ = corrected.told()
    moved = {
        f"v1|{number}|0"
        for number in history.sales.item[history.flaws.change == RECLASSIFIED].tolist()
    }
    changed = {name for name in final if final[name] != first[name]}
    assert changed == moved & set(final)
    assert changed
    for name in changed:
        assert (final[name]["condition"], final[name].get("conditionDescriptors")) != (
            first[name]["condition"],
            first[name].get("conditionDescriptors"),
        )
        assert final[name]["lastModifiedDate"] > first[name]["lastModifiedDate"]


def test_versions_of_an_item_only_ever_get_newer() -> None:
    day = "2026-10-10T00:00:00Z", "2026-10-11T00:00:00Z"
    dirty, clock = market(late=0.3, revoked=0.3, reclassified=0.3)
    nights = []
    for days in range(1, 35, 3):
        clock.now = datetime(2026, 10, 11, tzinfo=UTC) + timedelta(days=days)
        nights.append({one["itemId"]: one["lastModifiedDate"] for one in items(dirty, *day)})
    assert len(nights[0]) < len(nights[-1])
    for earlier, later in pairwise(nights):
        assert set(earlier) <= set(later)
        assert all(later[name] >= moment for name, moment in earlier.items())


@pytest.mark.parametrize("name", Dirt.model_fields)
def test_every_kind_of_dirt_is_on_by_default_and_low(name: str) -> None:
    assert 0 < getattr(USUAL, name) <= 0.02


def test_settings_come_from_the_environment() -> None:
    told = from_environment(
        {
            "PRICER_SIMULATOR_CARDS": "80",
            "PRICER_SIMULATOR_LOTS": "0.5",
            "PRICER_SIMULATOR_TRUNCATED": "0.25",
            "PRICER_PROFILE": "local",
        },
        seed=3,
    )
    assert (told.seed, told.cards, told.dirt.lots, told.faults.truncated) == (3, 80, 0.5, 0.25)
    assert told.dirt.late == USUAL.late


@pytest.mark.parametrize("wrong", [("LOTS", "2"), ("LOTTS", "0.1"), ("CARDS", "none")])
def test_a_wrong_setting_is_refused(wrong: tuple[str, str]) -> None:
    name, value = wrong
    with pytest.raises(ValueError, match=name.lower()):
        from_environment({f"PRICER_SIMULATOR_{name}": value}, seed=1)
