"""A sale that the marketplace cancels is revoked from when it said so; before, it stood."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.sold_items import told_rows
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import Gathered, RawPart, Receipt, Window
from ingestion.ports.sources import Told
from ingestion.usecases.load_product_map import load_product_map
from kernel.db.market import bars_as_of
from tests.ingestion.conftest import World

DAY, NEXT, LAST = date(2024, 10, 1), date(2024, 10, 4), date(2024, 10, 9)
CANCELLED_AT = "2024-10-03T12:00:00Z"


def item(number: int, usd: str, **other: str) -> dict[str, Any]:
    return {
        "itemId": f"v1|{number}|0",
        "epid": "77",
        "title": "Charizard 4/102",
        "lastSoldDate": f"2024-10-01T1{number}:00:00Z",
        "lastModifiedDate": f"2024-10-01T1{number}:00:00Z",
        "lastSoldPrice": {"value": usd, "currency": "USD"},
        "seller": {"username": "seller"},
        "buyingOptions": ["AUCTION"],
    } | other


SOLD = [item(1, "100.00"), item(2, "150.00")]
GONE = [SOLD[0], {**SOLD[1], "lastModifiedDate": CANCELLED_AT, "saleStatus": "CANCELLED"}]


@dataclass(frozen=True)
class Marketplace:
    """Tells these items, whatever the window."""

    items: Sequence[dict[str, Any]]
    may_be_empty: bool = True

    @property
    def mapping(self) -> Format:
        return find_format("marketplace")

    def subjects(self, window: Window) -> Sequence[str]:
        return ()

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        body = gzip.compress("\n".join(map(json.dumps, self.items)).encode(), mtime=0)
        yield Gathered(
            Receipt(self.mapping.source, window, [RawPart("items.jsonl.gz", "data", body)])
        )

    def read(self, receipt: Receipt) -> Told:
        parts = [told_rows(part.name, gzip.decompress(part.body)) for part in receipt.parts]
        return Told(rows=pl.concat(parts), listed=pl.DataFrame(schema=LISTED))


@pytest.fixture
def mapped(world: World) -> World:
    row = {"source": "marketplace", "product": "77", "card_id": "base1-4", "grade_code": None}
    proof = {"valid_from": "2024-01-01", "confidence": "1.0", "evidence": "page", "actor": "test"}
    columns = dict.fromkeys((*row, *proof), pl.String)
    with world.unit() as unit:
        load_product_map(unit, [], pl.DataFrame([{**row, **proof}], schema=columns))
    return world


def closes(world: World, *moments: str) -> list[list[int]]:
    with psycopg.connect(world.url) as connection:
        return [
            bars_as_of(
                connection,
                as_of=datetime.fromisoformat(moment).replace(tzinfo=UTC),
                first=DAY,
                last=DAY,
            )
            .get_column("close_cents")
            .to_list()
            for moment in moments
        ]


def test_a_cancelled_sale_leaves_its_bar_from_then_on(mapped: World) -> None:
    mapped.ingest(Marketplace(SOLD), None, DAY)
    mapped.build()
    summary = mapped.ingest(Marketplace(GONE), None, NEXT)
    assert (summary["added"], summary["unchanged"], summary["revoked"]) == (0, 2, 1)
    mapped.build()
    assert closes(mapped, "2024-10-03T11:59", "2024-10-03T12:01") == [[15_000], [10_000]]
    revised = "select ended, until, ended_by from market.trade_versions"
    told_at = datetime.fromisoformat(CANCELLED_AT)
    assert mapped.rows(revised) == [("revoked", told_at, "marketplace")]


def test_a_sale_first_heard_of_when_it_was_cancelled_was_never_believed(mapped: World) -> None:
    summary = mapped.ingest(Marketplace(GONE), None, NEXT)
    assert (summary["added"], summary["revoked"]) == (2, 1)
    mapped.build()
    assert closes(mapped, "2024-10-03T11:59", "2024-10-09T00:00") == [[10_000], [10_000]]


def test_a_cancellation_told_again_or_before_the_sale_is_the_same_knowledge(mapped: World) -> None:
    mapped.ingest(Marketplace(SOLD), None, DAY)
    for night in (NEXT, LAST):
        mapped.ingest(Marketplace(GONE), None, night)
    mapped.build()
    in_order = mapped.digest()
    mapped.forget()
    for told, night in ((GONE, LAST), (GONE, NEXT), (SOLD, DAY)):
        mapped.ingest(Marketplace(told), None, night)
    mapped.build()
    assert mapped.digest() == in_order


BACK_AT = "2024-10-05T12:00:00Z"
BACK = {**SOLD[1], "lastModifiedDate": BACK_AT}
VERSIONS = (SOLD[1], GONE[1], BACK)
LETTER = {v["lastModifiedDate"]: letter for v, letter in zip(VERSIONS, "scb", strict=True)}
TURNS = """
select ended, until from market.trade_versions where ended is not null
union select began, known_at from market.trade_versions where began <> 'told' order by 2
"""


@pytest.mark.parametrize(
    "batches",
    [
        *([[one] for one in order] for order in permutations(VERSIONS)),
        [VERSIONS],
        [VERSIONS[:1], VERSIONS[1:]],
        [VERSIONS[1:], VERSIONS[:1]],
        [VERSIONS[:2], VERSIONS[2:]],
        [(SOLD[1], BACK), (GONE[1],)],
    ],
    ids=lambda batches: "-".join(
        "".join(LETTER[v["lastModifiedDate"]] for v in b) for b in batches
    ),
)
def test_a_sale_cancelled_and_told_again_stands_however_its_versions_come(
    mapped: World, batches: Sequence[Sequence[dict[str, Any]]]
) -> None:
    for at, batch in enumerate(batches):
        mapped.ingest(Marketplace(batch), None, LAST + timedelta(days=at))
    mapped.build()
    turns = [(action, at.isoformat()) for action, at in mapped.rows(TURNS)]
    assert turns == [
        ("revoked", "2024-10-03T12:00:00+00:00"),
        ("reinstated", "2024-10-05T12:00:00+00:00"),
    ]
    moments = ("2024-10-03T11:59", "2024-10-04T12:00", "2024-10-05T12:01")
    assert closes(mapped, *moments) == [[15_000], [], [15_000]]
