"""Whatever is learned, in whatever order: with months archived in between all is the same."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, NamedTuple

import polars as pl
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.domain.errors import OutOfTurn, PriceUnknown
from ingestion.domain.versions import VERSIONS
from ingestion.ports.by_hand import Turn
from ingestion.usecases.archive import archive_months
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from ingestion.usecases.filter_months import filter_months
from ingestion.usecases.publish_curated import publish_curated
from ingestion.usecases.remap import remap
from tests.ingestion.conftest import Rows, World
from tests.ingestion.test_identity import Shop, change, item, mapped, slab

FIRST, TODAY, FAR = date(2022, 1, 1), date(2026, 1, 1), datetime(2100, 1, 1, tzinfo=UTC)
SALES = 20  # of which the first load brings MANY, enough to judge others by
MANY = 14
CARDS = ["base1-4", "base1-2"]
VERDICTS = (
    "select subject_id, card_id, grade_code, event_at, known_at, verdict, rule, fence_low_cents,"
    " fence_high_cents, actor from market.outlier_verdicts order by verdict_id"
)
RESET = """
truncate market.trades, market.trade_statements, market.trade_versions, market.outlier_verdicts,
  market.prices_daily,
  market.prices_daily_history, market.dirty, market.quarantine, market.product_map, market.loads,
  market.archived_months, market.archived_keys, market.rereads,
  market.titled_days, market.judged_series, market.sale_keys
"""


class Op(NamedTuple):
    """Something that is learned of sale `sale`, or done."""

    does: str
    sale: int
    day: date
    price: int


class Days(NamedTuple):
    """The days on which an example learns something: no other example has them."""

    base: date

    def of(self, number: int, does: str) -> date:
        """An older file has a day before all others."""
        return self.base + timedelta(days=-number if does == "older" else number)


# Some are likelier than others.
DOES = (
    *["tell"] * 3,
    *["archive"] * 2,
    "older",
    "revoked",
    "reinstated",
    "rejected",
    "confirmed",
    "settle",
)

# Three months that are archived and one that is not.
OLD = st.dates(date(2022, 3, 1), date(2022, 5, 31))
ops = st.builds(
    Op,
    st.sampled_from(DOES),
    st.integers(0, SALES - 1),
    OLD | st.dates(date(2024, 3, 1), date(2024, 3, 31)),
    st.sampled_from([95, 100, 110, 115, 900, 905, 9_000]),
)
# At the end alone: what is read anew after it is known from the moment of the reading, which the
# clock of the database tells and two lives do not share.
remaps = st.builds(Op, st.just("remap"), st.integers(0, 1), st.just(TODAY), st.just(100))
bases = count(1)


def tell(world: World, shop: Shop, on: date, *told: tuple[int, date, int]) -> None:
    graded = slab("PSA", "9")
    shop.items = [
        item(
            sale,
            "nice",
            conditionDescriptors=graded,
            lastSoldDate=f"{day}T{sale % 24:02}:00:00Z",
            lastSoldPrice={"value": f"{price}.00", "currency": "USD"},
        )
        for sale, day, price in told
    ]
    world.ingest(shop, None, on, FIRST)


def settle(world: World) -> None:
    world.build()
    with world.unit() as unit:
        publish_curated(unit)
        for stage in ("signals", "search"):
            unit.work.clear(stage, unit.work.pending(stage))


def by_hand(world: World, op: Op, ids: Callable[[int], int], on: date) -> None:
    at = datetime.combine(on, time(12), UTC)
    with world.unit() as unit:
        if op.does in ("revoked", "reinstated"):
            turn = Turn(op.does, at)
            revise_trade(unit, ids(op.sale), turn, reason="x", actor="ann", now=FAR)
        else:
            judge_by_hand(unit, "trade", ids(op.sale), op.does, reason="x", actor="ann", now=at)


def do(world: World, shop: Shop, op: Op, ids: Callable[[int], int], on: date) -> None:
    match op.does:
        case "tell" | "older":
            tell(world, shop, on, (op.sale, op.day, op.price))
        case "remap":
            at = datetime.combine(on, time(12), UTC)
            since = datetime(2000, 1, 1, tzinfo=UTC)
            to = change(CARDS[op.sale % 2], since=since, known_at=at)
            remap(world.unit, [shop], to)
        case "settle" | "archive":
            settle(world)
        case _:
            with suppress(OutOfTurn, PriceUnknown):
                by_hand(world, op, ids, on)


def ids_of(world: World) -> Callable[[int], int]:
    def of(sale: int) -> int:
        found = world.rows(
            f"select trade_id from market.trades where source_sale_id = 's{sale}' union all"
            f" select trade_id from market.trades_archived where source_sale_id = 's{sale}'"
        )
        assert len(found) <= 1, "one sale, one row"
        return int(found[0][0]) if found else 0

    return of


def lived(world: World, told: list[Op], days: Days, *, archiving: bool) -> tuple[Any, int]:
    """What everything is after all of it, and how many months were archived on the way; those that
    are archived meanwhile are filtered each time as well."""
    reset(world)
    shop = Shop()
    mapped(world, CARDS[0])
    begin = date(2022, 3, 2)
    first = [(sale, begin + timedelta(days=6 * sale), 100 + sale) for sale in range(MANY)]
    tell(world, shop, days.of(0, "tell"), *first)
    archived = 0
    for number, op in enumerate(told, start=1):
        do(world, shop, op, ids_of(world), days.of(number, op.does))
        if archiving and op.does == "archive":
            archived += int(str(archive_months(world.unit, TODAY, keep_months=24)["archived"]))
        if archiving:
            with world.unit() as unit:
                filter_months(unit)
    settle(world)
    return seen(world), archived


def seen(world: World) -> dict[str, object]:
    with world.unit() as unit:
        unit.archive.hold()
        pairs = pl.DataFrame({"card_id": CARDS, "grade_code": ["psa9", "psa9"]})
        versions = unit.prices.versions(pairs).sort(list(VERSIONS)).rows()
    curated = {
        key: world.lake.get("curated", key)
        for key in world.lake.keys("curated", "")
        if not key.startswith("archive/")
    }
    with world.unit() as unit:
        months: Rows = world.rows("select month from market.archived_months")
        unit.archive.attach("trades", [month for (month,) in months])
    told = {name: rows for name, rows in world.digest().items() if name != "quarantine"}
    return {**told, "versions": versions, "curated": curated, "verdicts": world.rows(VERDICTS)}


def reset(world: World) -> None:
    with psycopg.connect(world.superuser) as connection:
        connection.execute(
            "select market.attach_archived_months(parent, array_agg(month))"
            " from market.archived_months where restored_at is null group by parent"
        )
        connection.execute(RESET)
    for key in list(world.lake.keys("curated", "")):
        world.lake.delete("curated", key)


# Each example lives twice, through a real database and lake: few of them, each with much in it.
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(ops, min_size=4, max_size=9), st.lists(remaps, max_size=1))
def test_everything_is_the_same_with_and_without_archived_months(
    world: World, told: list[Op], last: list[Op]
) -> None:
    days = Days(date(2024, 7, 1) + timedelta(days=30 * next(bases)))
    between = [Op("archive", 0, TODAY, 0), *told, *last]
    plain, _ = lived(world, between, days, archiving=False)
    archived, months = lived(world, between, days, archiving=True)
    assert months > 0
    for name in plain:
        assert archived[name] == plain[name], name
