"""Some thousand sales of several months and instruments, told by an API, with the dirt of a market.

Deterministic: the same day gives the same items. Days count back from today, since what is in
demand is asked of the last thirty days.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.ingestion.api import Api, made_api
from tests.ingestion.test_facts import guarded, point
from tests.ingestion.test_marketplace import graded

SEARCHED = "/buy/marketplace_insights/v1_beta/item_sales/search"
CARDS_OF = {"77": "base1-4", "78": "base1-2", "79": "base1-4~1st"}
LEVELS = {"77": 120_00, "78": 45_00, "79": 900_00}
GRADES = {"raw": 1.0, "9": 2.5, "10": 9.0}

LAST = datetime.now(UTC).date() - timedelta(days=2)  # the night under test
BEFORE = LAST - timedelta(days=28)  # the night that loaded everything until then
HOT = LAST + timedelta(days=1)
MISSED = [LAST - timedelta(days=ago) for ago in (202, 201)]  # for the backfill

Item = dict[str, Any]


@dataclass
class Market:
    """What the marketplace tells by the last day of the window it is asked for."""

    told: dict[date, list[Item]] = field(default_factory=dict)

    def page(self, params: dict[str, str]) -> Any:
        ends = datetime.fromisoformat(params["filter"].split("..")[1].rstrip("]"))
        items = self.told.get((ends - timedelta(seconds=1)).date(), [])
        only = params.get("epid")
        items = [one for one in items if only in (None, one["epid"])]
        at, most = int(params["offset"]), int(params["limit"])
        return {"total": len(items), "offset": at, "itemSales": items[at : at + most]}


def market() -> Market:
    """The nights, the cards in demand and the days that were missed."""
    past = list(_sales(Random(1), "p", BEFORE - timedelta(days=100), 101, a_day=15))
    new = list(_sales(Random(2), "n", BEFORE + timedelta(days=1), 28, a_day=80))
    hot = list(_sales(Random(3), "h", HOT, 1, a_day=40))
    missed = {day: list(_sales(Random(4), str(day), day, 1, a_day=30)) for day in MISSED}
    dirty = [*new, *_corrected(past), *_cancelled(past), *_shill(new), *_risen(), *_unusable()]
    return Market({BEFORE: past, LAST: dirty, HOT: hot, **missed})


def _sales(random: Random, name: str, first: date, days: int, *, a_day: int) -> Iterator[Item]:
    for number in range(days * a_day):
        at = datetime.combine(first, datetime.min.time(), UTC)
        at += timedelta(days=number // a_day, seconds=random.randrange(86_000))
        product, grade = random.choice(list(LEVELS)), random.choice(list(GRADES))
        cents = LEVELS[product] * GRADES[grade] * random.lognormvariate(0, 0.12)
        yield _item(f"{name}{number}", product, grade, round(cents), at)


def _item(name: str, product: str, grade: str, cents: int, at: datetime) -> Item:
    return {
        "itemId": name,
        "epid": product,
        "title": "a card",
        "lastSoldDate": at.isoformat(),
        "lastModifiedDate": at.isoformat(),
        "lastSoldPrice": {"value": f"{cents / 100:.2f}", "currency": "USD"},
        "totalSoldQuantity": 1,
        "seller": {"username": f"seller {name}"},
        "buyingOptions": ["AUCTION"],
        **({} if grade == "raw" else {"conditionDescriptors": graded("PSA", grade)}),
    }


def _noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


def _corrected(past: list[Item]) -> Iterator[Item]:
    """Another price for some, another month for others."""
    later = {"lastModifiedDate": _noon(LAST).isoformat()}
    for number, item in enumerate(past[::25]):
        sold = datetime.fromisoformat(item["lastSoldDate"]) - timedelta(days=31 * (number % 2))
        price = {"value": f"{float(item['lastSoldPrice']['value']) * 1.1:.2f}", "currency": "USD"}
        yield {**item, **later, "lastSoldDate": sold.isoformat(), "lastSoldPrice": price}


def _cancelled(past: list[Item]) -> Iterator[Item]:
    for item in past[7::150]:
        yield {**item, "lastModifiedDate": _noon(LAST).isoformat(), "saleStatus": "CANCELLED"}


def _shill(new: list[Item]) -> Iterator[Item]:
    """Prices nobody pays, each a sale of its own."""
    for item in new[::90]:
        price = {"value": f"{float(item['lastSoldPrice']['value']) * 20:.2f}", "currency": "USD"}
        yield {**item, "itemId": f"{item['itemId']}!", "lastSoldPrice": price}


def _risen() -> Iterator[Item]:
    """Three sellers agree on a new level."""
    for number in range(3):
        at = _noon(LAST) + timedelta(hours=number)
        yield _item(f"risen{number}", "79", "10", 40_000_00 + number, at)


def _unusable() -> Iterator[Item]:
    for number in range(12):
        item = _item(f"unusable{number}", "77", "raw", 100_00, _noon(LAST))
        yield {**item, "lastSoldPrice": {"value": "90.00", "currency": "EUR"}}


@contextmanager
def served_market(port: int) -> Iterator[Api]:
    """The marketplace and the search trends at one address."""
    told = market()

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        if path == SEARCHED:
            return told.page(params)
        if path.endswith("explore"):
            return guarded(
                {"widgets": [{"id": "TIMESERIES", "token": "T", "request": {"resolution": "DAY"}}]}
            )
        days = [point(LAST - timedelta(days=ago), 40 + ago) for ago in range(60)]
        return guarded({"default": {"timelineData": days}})

    with made_api(port) as api:
        api.answer = answer
        yield api
