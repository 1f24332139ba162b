"""Raw nights in any order and any number come to the same tables."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.usecases.reread import reread
from ingestion.usecases.screening import unchecked
from tests.ingestion.conftest import Rows, World
from tests.ingestion.test_identity import Shop, item, mapped, slab
from tests.ingestion.test_refusals import standing

Night = Sequence[Mapping[str, Any]]

SOLD_FROM = date(2024, 10, 1)
# Each example has run days of its own, since raw rows stay.
FIRST_NIGHTS = (date(2024, 11, 1) + timedelta(days=7 * at) for at in count())
CARDS = {"77": "Charizard 4/102", "78": "Blastoise 2/102"}
GRADES: Mapping[str, dict[str, Any]] = {
    "raw": {},
    "psa9": {"conditionDescriptors": slab("PSA", "9")},
}
# Of ten sales at about 100 dollars, one at these is an outlier.
PRICES = ("95.00", "100.00", "103.00", "5.00", "4000.00")
VERDICTS = """
select distinct on (subject, subject_id) subject, subject_id, verdict, rule, actor
from market.outlier_verdicts order by subject, subject_id, known_at desc, verdict_id desc
"""
PRODUCTS = """
select distinct on (product) product, card_id, actor from market.product_map
where product <> '77' order by product, known_at desc
"""
# What the order of nights may change is whether a sale was taken before its titles contradicted
# each other, and so what we said of it meanwhile: not what stands in the end.
BARS = (
    "select card_id, grade_code, day, kind, open_cents, high_cents, low_cents, close_cents, volume"
    " from market.prices_daily order by 1, 2, 3, 4"
)
OPEN = "select quarantine_id, reason from market.quarantine where resolved_at is null order by 1"


def at(day: int, hour: int) -> str:
    return f"2024-10-{day:02}T{hour:02}:00:00Z"


@st.composite
def told_versions(draw: st.DrawFn, *, refusable: bool) -> list[list[dict[str, Any]]]:
    """Nights of versions: each sale sold on the first, and changed in some of the later ones."""
    nights: list[list[dict[str, Any]]] = [[] for _ in range(4)]
    history = [_steady(number) for number in range(9)]
    nights[0] += history
    for later in nights[1:]:
        later.append(history[0])
    for number in range(20, 20 + draw(st.integers(2, 4))):
        sale = _sale(draw, number)
        nights[0 if draw(st.booleans()) else 1].append(sale)
        for night in (1, 2, 3):
            if draw(st.booleans()):
                changed = {"lastModifiedDate": at(10 + night, number - 10)}
                nights[night].append(_changed(draw, sale, refusable=refusable) | changed)
    if refusable:
        for night, title in enumerate(draw(st.permutations([*CARDS.values(), "Great card!"]))):
            nights[night + 1].append(item(50 + night, title, epid="99"))
    return nights


def _steady(number: int) -> dict[str, Any]:
    told = at(1 + number, 9)
    price = {"value": f"{98 + number % 5}.00", "currency": "USD"}
    return item(number, None, lastSoldDate=told, lastModifiedDate=told, lastSoldPrice=price)


def _sale(draw: st.DrawFn, number: int) -> dict[str, Any]:
    told = at(10, number - 15)
    return item(
        number,
        None,
        lastSoldDate=told,
        lastModifiedDate=told,
        lastSoldPrice={"value": draw(st.sampled_from(PRICES)), "currency": "USD"},
        **GRADES[draw(st.sampled_from(sorted(GRADES)))],
    )


def _changed(draw: st.DrawFn, sale: dict[str, Any], *, refusable: bool) -> dict[str, Any]:
    """Corrected in price or time, cancelled, told as standing, or said to be something else."""
    price = {"value": draw(st.sampled_from(PRICES)), "currency": "USD"}
    changes: list[dict[str, Any]] = [{"saleStatus": "CANCELLED"}, {}, {"lastSoldPrice": price}]
    changes += [{"lastSoldPrice": price, "lastSoldDate": at(9, 12)}]
    if refusable:
        changes += [{"title": "Charizard 4/102 proxy"}, {"title": "Lot of 3 Charizard 4/102"}]
    changed: dict[str, Any] = draw(st.sampled_from(changes))
    return sale | changed


def replayed(
    world: World,
    nights: Sequence[Night],
    order: Sequence[int],
    first: date,
    *,
    nightly: bool,
    reread_after: bool = False,
) -> None:
    """Bring in these nights, from nothing; bars follow each of them, or the last one alone."""
    world.forget()
    with psycopg.connect(world.superuser) as connection:
        connection.execute("truncate market.product_map")
    shop = Shop()
    mapped(world, "base1-4")
    for night in order:
        shop.items = [dict(one) for one in nights[night]]
        world.ingest(shop, None, first + timedelta(days=night), SOLD_FROM)
        if nightly:
            world.build()
    if reread_after:
        for _ in range(2):
            reread(world.unit, lambda _: shop, check=unchecked, limit=30)
    world.build()


def full(world: World) -> dict[str, Rows]:
    found = {name: rows for name, rows in world.digest().items() if name != "quarantine"}
    return {**found, "verdicts": world.rows(VERDICTS), "quarantine": world.rows(OPEN)}


def present(world: World) -> dict[str, Rows]:
    asked = {"bars": BARS, "verdicts": VERDICTS}
    asked |= {"products": PRODUCTS, "quarantine": OPEN}
    return {name: world.rows(query) for name, query in asked.items()} | {"sales": standing(world)}


ANY = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ORDERS = st.permutations(range(4)).flatmap(
    lambda order: st.lists(st.sampled_from(range(4)), max_size=1).map(lambda more: [*order, *more])
)


@ANY
@given(nights=told_versions(refusable=False), order=ORDERS)
def test_sales_cancellations_and_outliers_leave_the_same_past_in_any_order(
    world: World, nights: Sequence[Night], order: Sequence[int]
) -> None:
    first = next(FIRST_NIGHTS)
    replayed(world, nights, range(4), first, nightly=False)
    in_order = full(world)
    replayed(world, nights, order, first, nightly=True)
    assert full(world) == in_order


@ANY
@given(nights=told_versions(refusable=True), order=ORDERS)
def test_titles_and_refusals_leave_the_same_present_in_any_order(
    world: World, nights: Sequence[Night], order: Sequence[int]
) -> None:
    first = next(FIRST_NIGHTS)
    replayed(world, nights, range(4), first, nightly=False, reread_after=True)
    in_order = present(world)
    replayed(world, nights, order, first, nightly=True, reread_after=True)
    assert present(world) == in_order
