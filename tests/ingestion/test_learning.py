"""What titles teach of a product does not depend on their order, and reaches days read before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from ingestion.domain.errors import NotFetched, RereadsFailed
from ingestion.ports.sources import Source
from ingestion.usecases.reread import reread
from ingestion.usecases.screening import keep_outcome, screened, unchecked
from tests.ingestion.conftest import Job, World
from tests.ingestion.test_identity import DAY, LATER, Shop, ingest, item, mapped
from tests.ingestion.test_refusals import standing

CHARIZARD, BLASTOISE = item(1, "Charizard 4/102"), item(2, "Blastoise 2/102")
NEWEST = (
    "select distinct on (product) product, card_id, evidence from market.product_map"
    " order by product, known_at desc"
)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def drain(world: World, shop: Source, **other: Any) -> Mapping[str, Any]:
    return reread(world.unit, lambda _: shop, check=unchecked, **{"limit": 30} | other)


def told_in_order(world: World, shop: Shop, items: Sequence[dict[str, Any]]) -> None:
    for at, one in enumerate(items):
        ingest(world, shop, one, day=date(2024, 10, 1 + at))
    drain(world, shop)


@pytest.mark.parametrize(
    "order", [(CHARIZARD, BLASTOISE), (BLASTOISE, CHARIZARD)], ids=["1-2", "2-1"]
)
def test_titles_of_two_runs_that_contradict_each_other_leave_no_card_in_either_order(
    world: World, shop: Shop, order: Sequence[dict[str, Any]]
) -> None:
    told_in_order(world, shop, order)
    ((product, card, evidence),) = world.rows(NEWEST)
    assert (product, card) == ("77", None)
    assert "Charizard 4/102" in evidence
    assert "Blastoise 2/102" in evidence
    assert standing(world) == []
    waiting = world.rows("select reason, detail from market.quarantine where resolved_at is null")
    assert [reason for reason, _ in waiting] == ["title_conflict"] * 2
    assert len(set(waiting)) == 1
    assert drain(world, shop)["days"] == 0


def test_a_contradiction_within_one_run_is_remembered(world: World, shop: Shop) -> None:
    ingest(world, shop, CHARIZARD, BLASTOISE)
    told = ingest(world, shop, item(3, "Charizard 4/102"), day=LATER)
    assert told["quarantined_by_reason"] == {"title_conflict": 1}
    assert told["products_contradicted"] == 0


def test_a_file_may_say_what_titles_could_not(world: World, shop: Shop) -> None:
    told_in_order(world, shop, (CHARIZARD, BLASTOISE))
    mapped(world, "base1-2")
    told = drain(world, shop)
    assert (told["days"], told["added"] + told["reinstated"]) == (2, 1)
    # The other one still says that it is another card than its product.
    assert [sale[:2] for sale in standing(world)] == [("s2", "base1-2")]


def test_a_day_refused_before_is_read_again_when_a_title_teaches_the_product(
    world: World, shop: Shop
) -> None:
    assert ingest(world, shop, item(1, "Great card!"))["added"] == 0
    ingest(world, shop, item(2, "Charizard 4/102"), day=LATER)
    assert world.rows("select source, day from market.rereads") == [("marketplace", DAY)]
    told = drain(world, shop)
    assert (told["days"], told["resolved"], told["added"], told["left"]) == (1, 1, 1, 0)
    assert [sale[:2] for sale in standing(world)] == [("s1", "base1-4"), ("s2", "base1-4")]
    assert drain(world, shop)["days"] == 0


def test_a_day_refused_before_is_read_again_when_its_product_is_loaded(
    world: World, shop: Shop
) -> None:
    ingest(world, shop, item(1, "Great card!"))
    mapped(world, "base1-2")
    assert drain(world, shop)["added"] == 1
    mapped(world, "base1-2")
    assert world.rows("select * from market.rereads") == []


def test_a_day_that_cannot_be_read_does_not_stop_the_others(world: World, shop: Shop) -> None:
    for number, day in ((1, DAY), (2, LATER)):
        ingest(world, shop, item(number, "Great card!"), day=day)
    mapped(world, "base1-2")

    def source_named(name: str) -> Source:
        """Away the first time it is asked for."""
        if not world.rows("select from market.rereads where tries > 0"):
            raise NotFetched(name, DAY, zone="raw", run_first="ingestion job fetch")
        return shop

    with pytest.raises(RereadsFailed, match=r"1 run days could not.*, 1 were.*2024-10-01"):
        reread(world.unit, source_named, check=unchecked, limit=30)
    assert [sale[0] for sale in standing(world)] == ["s2"]
    assert world.rows("select day, tries, failure <> '' from market.rereads") == [(DAY, 1, True)]
    assert drain(world, shop)["added"] == 1


def test_only_so_many_days_are_read_in_one_run(world: World, shop: Shop) -> None:
    for number, day in ((1, DAY), (2, LATER)):
        ingest(world, shop, item(number, "Great card!"), day=day)
    mapped(world, "base1-2")
    assert [drain(world, shop, limit=1)["left"] for _ in range(2)] == [1, 0]


def test_wear_that_a_title_states_is_read_in_every_run(world: World, shop: Shop) -> None:
    for number, day in ((1, DAY), (2, LATER)):
        ingest(world, shop, item(number, "Charizard 4/102 lightly played"), day=day)
    assert {sale[2] for sale in standing(world)} == {"raw-lightly-played"}


def test_the_job_reads_again(world: World, job: Job) -> None:
    with world.unit() as unit:
        unit.rereads.queue("marketplace", ["77"])
    done = job("reread", "--limit", "5")
    assert (done.code, done.summary["days"]) == (0, 0)


def test_two_runs_that_learn_at_once_end_in_the_contradiction(world: World, shop: Shop) -> None:
    """Both screened before the other one had written: the second notices when it writes."""
    shop.items = [CHARIZARD]
    world.fetch(shop, None, DAY, DAY)
    with world.unit() as unit:
        receipts, keys = unit.raw.load("marketplace", DAY)
    early = screened(world.unit, shop.read(receipts[0]), shop.mapping, receipts[0].window)
    ingest(world, shop, BLASTOISE, day=LATER)
    with world.unit() as unit:
        keep_outcome(unit, shop.mapping, DAY, early, keys)
    assert sorted(world.rows("select day from market.rereads")) == [(DAY,), (LATER,)]
    drain(world, shop)
    assert standing(world) == []
