"""Every history of four reports of a sale leaves the same past in every order of arrival."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations, product
from typing import Any

import polars as pl
import psycopg
import pytest

from ingestion.adapters.bookkeeping_repo import PartitionRepo
from ingestion.adapters.price_repo import PriceRepo
from ingestion.domain.records import RECORDS
from tests.ingestion.conftest import World

SOLD = datetime(2024, 5, 1, 10, tzinfo=UTC)
EARLIER = SOLD - timedelta(days=3)
REPORTED = [datetime(2024, 5, night, 20, tzinfo=UTC) for night in (2, 3, 4, 5)]
MAPPED = datetime(2024, 5, 4, 22, tzinfo=UTC)
MONTHS = [date(2024, 4, 1), date(2024, 5, 1)]
# A report says a price, another one, another card at another time, or the first price, cancelled.
CONTENTS: Mapping[str, Mapping[str, Any]] = {
    "a": {"price_cents": 10_000},
    "b": {"price_cents": 12_000},
    "c": {"price_cents": 9_000, "card_id": "base1-2", "told_as": 2, "ts": EARLIER},
    "x": {"price_cents": 10_000, "meta": '{"status": "CANCELLED"}'},
}
# When the version of a night is known, for a source that dates its changes, for one that tells
# when the sale was, and for one whose product waited for its mapping until the third night.
KNOWN: Mapping[str, Callable[[int], datetime | None]] = {
    "dated": lambda night: REPORTED[night],
    "plain": lambda _: None,
    "waited": lambda night: max(REPORTED[night], MAPPED),
}
HELD = """
select trade_id, ts, card_id, grade_code, price_cents, seller, known_at, until, meta::text,
  reported_at
from market.trades order by trade_id
"""
SAID = """
select trade_id, action, reported_at, place, known_at, price_cents from market.trade_statements
order by 1, 3, 2, 4, 5, 6
"""


def histories() -> dict[str, Sequence[str]]:
    """Every way to tell a sale in four nights; "-" where a night says nothing of it."""
    return {
        f"{kind} {''.join(told)}": told
        for kind in KNOWN
        for told in product("-abcx", repeat=4)
        # Only a source that dates its changes cancels.
        if set(told) != {"-"} and (kind == "dated" or "x" not in told)
    }


def nights() -> list[pl.DataFrame]:
    """The records of each night, as RECORDS."""
    rows: list[list[dict[str, Any]]] = [[] for _ in REPORTED]
    for number, (name, told) in enumerate(histories().items()):
        for night, content in enumerate(told):
            if content != "-":
                row = record(number, name, night) | dict(CONTENTS[content])
                rows[night].append(row | {"known_at": row["known_at"] or row["ts"]})
    return [pl.DataFrame(each, schema=RECORDS) for each in rows]


def record(number: int, name: str, night: int) -> dict[str, Any]:
    kind = name.split()[0]
    empty: dict[str, Any] = dict.fromkeys(RECORDS)
    return empty | {
        "record_id": number,
        "kind": "trade",
        "ts": SOLD,
        "card_id": "base1-4",
        "grade_code": "psa9",
        "source": kind,
        "source_sale_id": name,
        "told_as": 1,
        "units": 1,
        "known_at": KNOWN[kind](night),
        "reported_at": REPORTED[night],
        "meta": "{}",
    }


def past(connection: psycopg.Connection) -> dict[int, list[tuple[Any, ...]]]:
    """What is read of each sale: contents and from when until when, without seams."""
    asked = pl.DataFrame({"card_id": ["base1-4", "base1-2"], "grade_code": "psa9"})
    found = PriceRepo(connection).versions(asked).sort("key", "known_at")
    read: dict[int, list[tuple[Any, ...]]] = {}
    columns = ("key", "card_id", "ts", "price_cents", "known_at", "until")
    for key, *content, known_at, until in found.select(columns).iter_rows():
        before = read.setdefault(key, [])
        if before and before[-1][:3] == tuple(content) and before[-1][4] == known_at:
            known_at = before.pop()[3]
        before.append((*content, known_at, until))
    return read


def loaded(connection: psycopg.Connection, told: Sequence[pl.DataFrame]) -> list[dict[int, Any]]:
    """The sales, their turns and their past after these nights; undone afterwards."""
    for records in told:
        PriceRepo(connection).merge_trades(records)
    held = {row[0]: row[1:] for row in connection.execute(HELD).fetchall()}
    said: dict[int, list[Any]] = {}
    for trade_id, *statement in connection.execute(SAID).fetchall():
        said.setdefault(trade_id, []).append(statement)
    outcome: list[dict[int, Any]] = [held, said, past(connection)]
    connection.rollback()
    return outcome


@pytest.fixture
def connection(world: World) -> Iterator[psycopg.Connection]:
    with psycopg.connect(world.url, options="-c timezone=UTC") as made:
        PartitionRepo(made).ensure("trades", MONTHS)
        made.commit()
        yield made


def test_every_history_of_four_reports_leaves_the_same_past_in_every_order(
    connection: psycopg.Connection,
) -> None:
    told, names = nights(), list(histories())
    in_order = loaded(connection, told)
    assert len(in_order[0]) == len(names)
    wrong: dict[str, str] = {}
    for order in permutations(range(4)):
        # The first that came comes once more at the end.
        other = loaded(connection, [told[night] for night in (*order, order[0])])
        for key, name in enumerate(names):
            pairs = zip(in_order, other, strict=True)
            if any(one.get(key) != then.get(key) for one, then in pairs):
                wrong.setdefault(name, "".join(map(str, order)))
    assert wrong == {}
