"""A loaded sale that is refused later is revoked, and stands again when it is taken."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from ingestion.ports.by_hand import Turn
from ingestion.usecases.by_hand import revise_trade
from kernel.db.market import bars_as_of
from tests.ingestion.conftest import Rows, World
from tests.ingestion.test_identity import DAY, LATER, Shop, ingest, item, mapped

CHANGED = "2024-10-03T12:00:00Z"
AGAIN = "2024-10-04T12:00:00Z"
TURNS = """
select action, actor, reason from market.trade_statements where action in ('revoked', 'reinstated')
order by known_at, statement_id
"""
PROXY = item(1, "Charizard 4/102 proxy", lastModifiedDate=CHANGED)
GOOD = item(1, "Charizard 4/102")


@pytest.fixture
def shop(world: World) -> Shop:
    mapped(world, "base1-4")
    return Shop()


def closes(world: World, as_of: datetime) -> list[int]:
    with psycopg.connect(world.url) as connection:
        bars = bars_as_of(connection, as_of=as_of, first=DAY, last=DAY)
    return bars.get_column("close_cents").to_list()


def actions(world: World) -> list[str]:
    return [row[0] for row in world.rows(TURNS)]


def standing(world: World) -> Rows:
    """Sales that stand now."""
    return world.rows(
        "select source_sale_id, card_id, grade_code, price_cents from market.trades"
        " where until is null order by 1"
    )


def test_a_sale_whose_newest_version_is_refused_is_revoked_from_now_on(
    world: World, shop: Shop
) -> None:
    ingest(world, shop, GOOD)
    world.build()
    before = datetime.now(UTC)
    told = ingest(world, shop, PROXY, day=LATER)
    assert (told["quarantined"], told["revoked"], told["days_marked"]) == (1, 1, 1)
    world.build()
    ((action, actor, reason),) = world.rows(TURNS)
    assert (action, actor) == ("revoked", "screening")
    assert reason.startswith("its raw row is refused now: title_proxy: ")
    assert closes(world, before) == [12_050]
    assert closes(world, datetime.now(UTC)) == []
    # What is told again is nothing new.
    for day in (LATER, DAY):
        again = ingest(world, shop, PROXY if day == LATER else GOOD, day=day)
        assert (again["revoked"], again["reinstated"], again["days_marked"]) == (0, 0, 0)
    assert actions(world) == ["revoked"]


@pytest.mark.parametrize("first", [GOOD, PROXY])
def test_which_version_comes_first_does_not_matter(
    world: World, shop: Shop, first: Mapping[str, Any]
) -> None:
    second = PROXY if first == GOOD else GOOD
    for version, day in ((first, DAY), (second, LATER)):
        ingest(world, shop, dict(version), day=day)
    assert standing(world) == []
    assert actions(world) == ["revoked"]


def test_a_sale_that_is_taken_again_stands_again(world: World, shop: Shop) -> None:
    for day, version in (
        (DAY, GOOD),
        (LATER, PROXY),
        (date(2024, 10, 6), item(1, "Charizard 4/102", lastModifiedDate=AGAIN)),
    ):
        ingest(world, shop, version, day=day)
        world.build()
    assert actions(world) == ["revoked", "reinstated"]
    assert closes(world, datetime.now(UTC)) == [12_050]


def test_a_person_may_let_a_refused_sale_stand(world: World, shop: Shop) -> None:
    ingest(world, shop, GOOD)
    ingest(world, shop, PROXY, day=LATER)
    ((trade_id,),) = world.rows("select trade_id from market.trades")
    now = datetime.now(UTC)
    with world.unit() as unit:
        turn = Turn("reinstated", now)
        revise_trade(unit, trade_id, turn, reason="it is the card", actor="ann", now=now)
    assert ingest(world, shop, PROXY, day=LATER)["revoked"] == 0
    assert ingest(world, shop, PROXY, item(2, "nice"), day=date(2024, 10, 7))["revoked"] == 0
    assert [sale[0] for sale in standing(world)] == ["s1", "s2"]


def test_a_sale_of_a_day_that_is_not_over_is_not_refused_for_good(world: World, shop: Shop) -> None:
    ahead = item(1, "nice", lastSoldDate="2024-10-05T00:30:00Z")
    ingest(world, shop, ahead, day=LATER)
    told = ingest(world, shop, ahead, day=DAY)
    assert told["quarantined_by_reason"] == {"time_outside": 1}
    assert told["revoked"] == 0
