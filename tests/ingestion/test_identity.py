"""Which card a product is: told by titles, superseded by persons, and never edited in place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.sold_items import told_rows
from ingestion.domain.catalog import Card
from ingestion.domain.errors import CardUnknown, GradeUnknown
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import Gathered, RawPart, Receipt, Window
from ingestion.domain.remapping import Remap
from ingestion.ports.sources import Told
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.remap import remap
from kernel.db.market import bars_as_of
from kernel.ids import CardId
from tests.ingestion.conftest import BASE, Job, World

DAY, LATER = date(2024, 10, 1), date(2024, 10, 5)
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
REVISIONS = (
    "select v.card_id, next.card_id, v.ended_why, v.ended_by from market.trade_versions v"
    " join market.trade_versions next on next.trade_id = v.trade_id and next.known_at = v.until"
    " order by v.until"
)
VERSIONS = (
    "select card_id, valid_from = '-infinity', valid_to = 'infinity', actor, by_hand"
    " from market.product_map where product = '77' order by known_at, valid_from"
)
SOLD = "select source_sale_id, card_id, grade_code from market.trades order by source_sale_id"


def item(number: int, title: str | None, **other: Any) -> dict[str, Any]:
    at = f"2024-10-01T{10 + number // 60}:{number % 60:02}:00Z"
    return {
        "itemId": f"s{number}",
        "epid": "77",
        "title": title,
        "lastSoldDate": at,
        "lastSoldPrice": {"value": "120.50", "currency": "USD"},
    } | other


def slab(company: str, grade: str) -> list[dict[str, Any]]:
    told = {"Professional Grader": company, "Grade": grade}
    return [{"name": name, "values": [{"content": said}]} for name, said in told.items()]


@dataclass
class Shop:
    """The marketplace without its network: what it tells is decided by the test."""

    items: list[dict[str, Any]] = field(default_factory=list)
    mapping: Format = field(default_factory=lambda: find_format("marketplace"))
    may_be_empty: bool = True

    def subjects(self, window: Window) -> Sequence[str]:
        return ()

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        body = "\n".join(json.dumps(each) for each in self.items).encode()
        yield Gathered(Receipt("marketplace", window, [RawPart("items.jsonl", "data", body)]))

    def read(self, receipt: Receipt) -> Told:
        rows = pl.concat([told_rows(part.name, part.body) for part in receipt.parts])
        return Told(rows=rows, listed=pl.DataFrame(schema=LISTED))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def ingest(world: World, shop: Shop, *items: dict[str, Any], day: date = DAY) -> Mapping[str, Any]:
    shop.items = list(items)
    return world.ingest(shop, None, day, DAY)


def mapped(world: World, card_id: str, actor: str = "reference") -> int:
    row = ("marketplace", "77", card_id, None, None, "1.0", "product page", actor)
    columns = ("source", "product", "card_id", "grade_code", "valid_from", "confidence")
    schema = dict.fromkeys((*columns, "evidence", "actor"), pl.String)
    with world.unit() as unit:
        done = load_product_map(unit, [], pl.DataFrame([row], schema=schema, orient="row"))
    return int(str(done["products_changed"]))


def change(card_id: str, **other: Any) -> Remap:
    told: dict[str, Any] = {
        "source": "marketplace",
        "product": "77",
        "card_id": card_id,
        "grade_code": None,
        "since": SINCE,
        "evidence": "the pictures show another card",
        "actor": "ann",
        "known_at": datetime.now(UTC),
    }
    return Remap(**told | other)


def test_a_product_nobody_mapped_is_mapped_by_its_title(world: World, shop: Shop) -> None:
    told = ingest(world, shop, item(1, "Charizard 4/102 Base Set Holo"))
    assert (told["products_matched"], told["added"], told["quarantined"]) == (1, 1, 0)
    ((card, actor, confidence, evidence),) = world.rows(
        "select card_id, actor, confidence::float8, evidence from market.product_map"
    )
    assert (card, actor, confidence) == ("base1-4", "matcher", 0.99)
    assert "number 4/102; name Charizard; set Base" in evidence
    # The next sale of the product needs no telling title.
    again = ingest(world, shop, item(2, "Great card!", epid="77"), day=LATER)
    assert (again["products_matched"], again["added"]) == (0, 1)
    assert ingest(world, shop, item(2, "Great card!"), day=LATER)["products_matched"] == 0


def test_a_sale_without_a_product_is_known_by_its_title(world: World, shop: Shop) -> None:
    sale = item(1, "PSA 9 Charizard 4/102!!", epid=None, conditionDescriptors=slab("PSA", "9"))
    assert ingest(world, shop, sale)["added"] == 1
    assert world.rows("select product from market.product_map") == [
        ("title:psa 9 charizard 4/102",)
    ]
    assert world.rows("select meta ->> 'product', grade_code from market.trades") == [
        ("title:psa 9 charizard 4/102", "psa9")
    ]


DOUBTFUL = {
    "title_lot": "Lot of 3 Charizard 4/102",
    "title_proxy": "Charizard 4/102 proxy",
    "title_language": "Japanese Charizard 4/102",
    "title_not_a_card": "Charizard Base Set booster box",
    "title_printing_unknown": "Charizard 4/102 shadowless",
    "title_grader_unknown": "Charizard ACE 10 4/102",
    "grade_conflict": "Charizard 4/102 PSA 10",
    "title_ambiguous": "Charizard",
    "title_conflict": "Blastoise 4/102",
    "title_no_card": "Nothing of the kind",
    "item_unmapped": None,
}


def test_a_title_that_leaves_doubt_keeps_the_sale_out(world: World, shop: Shop) -> None:
    sales = [item(at, title, epid=reason) for at, (reason, title) in enumerate(DOUBTFUL.items())]
    told = ingest(world, shop, *sales, item(30, None, epid=None))
    assert told["quarantined_by_reason"] == dict.fromkeys([*DOUBTFUL, "item_missing"], 1)
    assert told["added"] == 0
    # In doubt is the grade of that sale, not the card that its title names.
    assert world.rows("select product from market.product_map") == [("grade_conflict",)]
    # Each waits under its own reason, by the name of its product.
    waiting = world.rows("select product, reason from market.quarantine where product is not null")
    assert sorted(waiting) == sorted((reason, reason) for reason in DOUBTFUL)


def test_titles_of_one_product_that_name_two_cards_leave_it_unmapped(
    world: World, shop: Shop
) -> None:
    told = ingest(world, shop, item(1, "Charizard 4/102"), item(2, "Blastoise 2/102"))
    assert told["quarantined_by_reason"] == {"title_conflict": 2}


def test_a_sale_of_another_printing_under_the_cards_product_is_kept_out(
    world: World, shop: Shop
) -> None:
    mapped(world, "base1-4")
    titles = (
        "1st Edition Charizard 4/102",
        "Reverse Holo Blastoise 2/102",
        "Japanese Charizard 4/102 Base Set",
        "Blastoise 2/102",
        "Charizard nm",
    )
    told = ingest(world, shop, *(item(at, title) for at, title in enumerate(titles)))
    assert told["quarantined_by_reason"] == {
        "title_conflict": 2,
        "title_printing_unknown": 1,
        "title_language": 1,
    }
    assert world.rows(SOLD) == [("s4", "base1-4", "raw")]


def test_an_ungraded_card_known_by_its_title_is_as_worn_as_it_says(
    world: World, shop: Shop
) -> None:
    ingest(world, shop, item(1, "Charizard 4/102 lightly played"))
    assert world.rows(SOLD) == [("s1", "base1-4", "raw-lightly-played")]


def test_loading_a_map_twice_does_not_speak_against_a_person(world: World, shop: Shop) -> None:
    assert mapped(world, "base1-4") == 1
    assert mapped(world, "base1-4") == 0
    remap(world.unit, [shop], change("base1-2"))
    assert mapped(world, "base1-4") == 0
    ingest(world, shop, item(1, "nice"))
    assert world.rows(SOLD) == [("s1", "base1-2", "raw")]
    # News in the file is knowledge again, and counts as what was said last.
    assert mapped(world, "base1-4~1st") == 1
    assert [row[0] for row in world.rows(VERSIONS)] == [
        "base1-4",
        "base1-4",
        "base1-2",
        "base1-4~1st",
    ]


def test_past_sales_follow_a_remap_from_when_it_was_known(world: World, shop: Shop) -> None:
    mapped(world, "base1-4")
    ingest(world, shop, item(1, "nice"), item(2, "nice", conditionDescriptors=slab("PSA", "9")))
    world.build()
    done = remap(world.unit, [shop], change("base1-2"))
    assert (done["versions"], done["sales_corrected"], done["days_marked"]) == (2, 2, 4)
    world.build()
    assert world.rows(SOLD) == [("s1", "base1-2", "raw"), ("s2", "base1-2", "psa9")]
    assert (
        world.rows(REVISIONS)
        == [("base1-4", "base1-2", "the pictures show another card", "ann")] * 2
    )
    with psycopg.connect(world.url) as connection:
        then, now = (
            bars_as_of(connection, as_of=moment, first=DAY, last=DAY)
            for moment in (datetime(2024, 10, 9, tzinfo=UTC), datetime.now(UTC))
        )
    assert set(then.get_column("card_id")) == {"base1-4"}
    assert set(now.get_column("card_id")) == {"base1-2"}
    assert world.rows(VERSIONS) == [
        ("base1-4", True, True, "reference", False),
        ("base1-4", True, False, "ann", False),
        ("base1-2", False, True, "ann", True),
    ]
    with (
        psycopg.connect(world.url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("update market.product_map set card_id = 'base1-4'")


def test_the_same_remap_again_and_the_same_raw_rows_again_change_nothing(
    world: World, shop: Shop
) -> None:
    mapped(world, "base1-4")
    ingest(world, shop, item(1, "nice"))
    remap(world.unit, [shop], change("base1-2"))
    world.build()
    before = world.digest()
    done = remap(world.unit, [shop], change("base1-2"))
    assert (done["versions"], done["sales_corrected"], done["days_marked"]) == (0, 0, 0)
    ingest(world, shop, item(1, "nice"))
    world.build()
    assert world.digest() == before


def test_a_remap_holds_from_its_day_of_sale_on(world: World, shop: Shop) -> None:
    mapped(world, "base1-4")
    sold_later = item(2, "nice", lastSoldDate="2024-10-03T10:00:00Z")
    ingest(world, shop, item(1, "nice"), sold_later, day=LATER)
    since = datetime(2024, 10, 2, tzinfo=UTC)
    assert remap(world.unit, [shop], change("base1-2", since=since))["sales_corrected"] == 1
    assert world.rows(SOLD) == [("s1", "base1-4", "raw"), ("s2", "base1-2", "raw")]


def test_refused_rows_go_in_when_their_product_is_mapped(world: World, shop: Shop) -> None:
    told = ingest(world, shop, item(1, "no idea"), item(2, "no idea", epid="78"))
    assert told["added"] == 0
    done = remap(world.unit, [shop], change("base1-2", grade_code="psa9"))
    assert (done["runs_repeated"], done["resolved"], done["added"]) == (1, 1, 1)
    assert world.rows(SOLD) == [("s1", "base1-2", "psa9")]
    assert world.rows("select product, resolved_at is null from market.quarantine order by 1") == [
        ("77", False),
        ("78", True),
    ]


def test_a_person_outranks_the_card_a_title_names_but_not_that_it_is_a_lot(
    world: World, shop: Shop
) -> None:
    remap(world.unit, [shop], change("base1-2"))
    told = ingest(world, shop, item(1, "Charizard 4/102"), item(2, "Lot of 3 Charizard 4/102"))
    assert told["quarantined_by_reason"] == {"title_lot": 1}
    assert world.rows(SOLD) == [("s1", "base1-2", "raw")]


def test_a_card_or_grade_nobody_knows_says_what_to_do(world: World, shop: Shop) -> None:
    with pytest.raises(CardUnknown, match=r"has base1-4, base1-4~1st.*load_product_map"):
        remap(world.unit, [shop], change("base1-4~shadowless"))
    with pytest.raises(GradeUnknown, match="write it as"):
        remap(world.unit, [shop], change("base1-4", grade_code="mint"))
    assert world.rows("select count(*) from market.product_map") == [(0,)]


def test_the_job_remaps(world: World, job: Job) -> None:
    told = ("--source", "marketplace", "--product", "77", "--from", "2024-01-01")
    why = ("--evidence", "seen", "--actor", "ann")
    done = job("remap", *told, "--card", "base1-2", *why)
    assert (done.code, done.summary["versions"]) == (0, 1)
    refused = job("remap", *told, "--card", "base9-9", *why)
    assert refused.code == 1
    assert "load it with load_catalog" in refused.said


def test_a_title_reads_printings_of_the_catalog_as_it_is_now(world: World, shop: Shop) -> None:
    title = "Blastoise 2/102 1st edition"
    assert ingest(world, shop, item(1, title))["quarantined_by_reason"] == {
        "title_printing_unknown": 1
    }
    with world.unit() as unit:
        load_catalog(unit, [], [Card(CardId("base1-2~1st"), BASE, "Blastoise", "2", edition="1st")])
    assert ingest(world, shop, item(1, title))["added"] == 1
    assert world.rows(SOLD) == [("s1", "base1-2~1st", "raw")]
