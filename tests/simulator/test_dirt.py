"""Each kind of dirt shows in the answers as documented, in the asked amount, and only there."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from stack.simulator.flaws import RECLASSIFIED, REVOKED, SHILL_SALES
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


Items = list[dict[str, Any]]
Pairs = list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def clean() -> Items:
    return items(market()[0])


@pytest.fixture(scope="module")
def dirty() -> Items:
    """The same sales, told with everything that does not change with time."""
    return items(market(duplicates=0.01, lots=0.02, wrong_variants=0.02, currencies=0.04)[0])


@pytest.fixture(scope="module")
def pairs(clean: Items, dirty: Items) -> Pairs:
    """Each sale as it is told dirty and clean."""
    honest = {item["itemId"]: item for item in clean}
    return [(item, honest[item["itemId"]]) for item in dirty]


@pytest.fixture(scope="module")
def timed() -> tuple[Market, MovableClock]:
    """A market that tells late, cancels and corrects."""
    return market(late=0.3, revoked=0.3, reclassified=0.3, now=datetime(2026, 11, 10, tzinfo=UTC))


def dollars(item: dict[str, Any]) -> float:
    return float(item["lastSoldPrice"]["value"])


def test_a_clean_market_tells_every_sale_once_in_dollars(clean: Items) -> None:
    assert len({item["itemId"] for item in clean}) == len(clean) > 4_000
    assert {item["lastSoldPrice"]["currency"] for item in clean} == {"USD"}
    assert {item["totalSoldQuantity"] for item in clean} == {1}
    assert all(item["lastModifiedDate"] == item["lastSoldDate"] for item in clean)
    assert not any("saleStatus" in item for item in clean)


def test_repeated_items_come_again_on_a_later_page(clean: Items, dirty: Items) -> None:
    twice = {item for item, times in Counter(one["itemId"] for one in dirty).items() if times == 2}
    assert 0.005 < len(twice) / len(clean) < 0.02
    places = {name: [at for at, one in enumerate(dirty) if one["itemId"] == name] for name in twice}
    apart = [later // 200 - first // 200 for first, later in places.values()]
    assert sum(pages > 0 for pages in apart) > 0.5 * len(apart)
    assert {item["itemId"] for item in dirty} == {item["itemId"] for item in clean}


def test_lots_have_a_quantity_and_one_price(pairs: Pairs) -> None:
    lots = [(a, b) for a, b in pairs if a["totalSoldQuantity"] > 1]
    assert 0.01 < len(lots) / len(pairs) < 0.03
    for lot, single in lots:
        copies = lot["totalSoldQuantity"]
        assert lot["title"].startswith(f"Lot of {copies} ")
        if lot["title"] == f"Lot of {copies} {single['title']}" and usd(lot):
            assert dollars(lot) == pytest.approx(0.9 * copies * dollars(single), abs=0.02)


def usd(item: dict[str, Any]) -> bool:
    return bool(item["lastSoldPrice"]["currency"] == "USD")


def test_shills_are_one_sellers_sales_of_a_day_at_a_multiple() -> None:
    universe = load_universe(cards=CARDS)
    shills = Dirt.none().model_copy(update={"shills": 0.05})
    sales = begin_history(universe, seed=7, through=date(2024, 12, 1), dirt=shills).sales
    forged = np.flatnonzero(sales.shill)
    honest = len(sales.item) - len(forged)
    assert 0.02 < len(forged) / SHILL_SALES / honest < 0.1
    struck = Counter(
        (
            int(sales.seller[at]),
            int(sales.card[at]),
            int(sales.grade[at]),
            int(sales.second[at]) // 86_400,
        )
        for at in forged
    )
    assert all(times % SHILL_SALES == 0 for times in struck.values())


def test_wrong_variants_say_so_in_the_title_alone(pairs: Pairs) -> None:
    words = ("1st Edition", "Reverse Holo", "Japanese")
    odd = [(a, b) for a, b in pairs if a["title"].startswith(words)]
    assert 0.01 < len(odd) / len(pairs) < 0.03
    for wrong, right in odd:
        assert wrong["epid"] == right["epid"]
        assert wrong.get("conditionDescriptors") == right.get("conditionDescriptors")
        assert len(wrong["title"]) <= 80
        assert wrong["lastSoldPrice"] != right["lastSoldPrice"]


def test_other_money_is_told_as_it_is_or_converted(pairs: Pairs) -> None:
    converted = [(a, b) for a, b in pairs if "convertedFromCurrency" in a["lastSoldPrice"]]
    foreign = [(a, b) for a, b in pairs if not usd(a)]
    assert 0.02 < (len(converted) + len(foreign)) / len(pairs) < 0.06
    assert 0.4 < len(converted) / len(foreign) < 2.5
    for told, honest in converted:
        assert told["lastSoldPrice"]["convertedFromCurrency"] in {"EUR", "GBP", "CAD"}
        if told["title"] == honest["title"]:
            assert dollars(told) == dollars(honest)
    assert {told["lastSoldPrice"]["currency"] for told, _ in foreign} == {"EUR", "GBP", "CAD"}


def test_a_late_item_is_told_once_it_was_modified(timed: tuple[Market, MovableClock]) -> None:
    day = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"
    late, clock = timed
    clock.now = datetime(2026, 10, 30, tzinfo=UTC)
    everything = items(late, *day)
    clock.now = datetime(2026, 10, 16, tzinfo=UTC)
    soon = items(late, *day)
    assert 0.4 * len(everything) < len(soon) < 0.9 * len(everything)
    assert {one["itemId"] for one in soon} < {one["itemId"] for one in everything}
    assert all(one["lastModifiedDate"] < "2026-10-16" for one in soon)
    assert items(late, *day) == soon


def test_a_cancelled_sale_stood_and_a_corrected_one_had_another_grade(
    timed: tuple[Market, MovableClock],
) -> None:
    market, clock = timed
    day = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"
    clock.now = datetime(2026, 11, 10, tzinfo=UTC)
    final = {one["itemId"]: one for one in items(market, *day)}
    clock.now = datetime(2026, 10, 16, tzinfo=UTC)
    first = {one["itemId"]: one for one in items(market, *day)}
    history, _ = market.told()
    changed: dict[int, set[str]] = {
        kind: {f"v1|{number}|0" for number in history.sales.item[history.flaws.change == kind]}
        for kind in (REVOKED, RECLASSIFIED)
    }
    gone = {name for name, one in final.items() if one.get("saleStatus") == "CANCELLED"}
    assert gone == changed[REVOKED] & set(final)
    assert not any("saleStatus" in one for one in first.values())
    both = set(final) & set(first)
    assert {name for name in both if final[name] != first[name]} == both & (
        changed[REVOKED] | changed[RECLASSIFIED]
    )
    for name in gone & both:
        before, after = dict(first[name]), dict(final[name])
        assert after.pop("lastModifiedDate") > before.pop("lastModifiedDate")
        after.pop("saleStatus")
        assert before == after
    corrected = changed[RECLASSIFIED] & both
    assert corrected
    for name in corrected:
        assert final[name]["lastModifiedDate"] > first[name]["lastModifiedDate"]
        grades = [
            (one["condition"], one.get("conditionDescriptors"))
            for one in (final[name], first[name])
        ]
        assert grades[0] != grades[1]


def test_versions_of_an_item_only_ever_get_newer(timed: tuple[Market, MovableClock]) -> None:
    day = "2026-10-10T00:00:00Z", "2026-10-11T00:00:00Z"
    market, clock = timed
    nights = []
    for days in range(1, 35, 3):
        clock.now = datetime(2026, 10, 11, tzinfo=UTC) + timedelta(days=days)
        nights.append({one["itemId"]: one["lastModifiedDate"] for one in items(market, *day)})
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
