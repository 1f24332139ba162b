"""A sale is found where it lies, and other months are not asked."""

from collections.abc import Callable, Sequence
from datetime import date
from random import Random
from typing import Any, ClassVar, Self

import polars as pl
import psycopg
import pytest

from ingestion.adapters import sale_keys
from ingestion.adapters.sale_keys import SaleKeys
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.usecases.filter_months import filter_months
from ingestion.usecases.load_trades import load_trades
from tests.ingestion.conftest import World, WriteCsv

DAY = date(2024, 9, 30)
MONTHS = (3, 4, 5, 6, 7, 8)


def line(number: int, month: int, price: int = 100) -> str:
    return f"base1-4,psa9,{price}.00,2024-{month:02}-1{number % 9}T10:{number:02}:00Z,s{number}"


def months_of(world: World) -> dict[str, int]:
    rows = world.rows("select source_sale_id, extract(month from ts)::int from market.trades")
    assert len({sale for sale, _ in rows}) == len(rows), "a sale is there twice"
    return dict(rows)


def filtered(world: World) -> int:
    with world.unit() as unit:
        return int(str(filter_months(unit)["months"]))


def looked(world: World, sales: Sequence[str]) -> list[tuple[str, date]]:
    """Which months are asked for which sales."""
    ids: dict[str, int] = dict(world.rows("select source_sale_id, trade_id from market.trades"))
    with psycopg.connect(world.url, options="-c timezone=UTC") as connection:
        SaleKeys(connection).look(pl.Series([ids[sale] for sale in sales], dtype=pl.Int64))
        found = connection.execute("select trade_id, since::date from may_lie").fetchall()
    names = {key: sale for sale, key in ids.items()}
    return sorted(((names[key], month) for key, month in found), key=lambda one: one[::-1])


def test_sales_are_found_in_any_month_whatever_was_filtered_when(
    world: World, plain_file: WriteCsv
) -> None:
    random = Random(5)
    lie: dict[int, int] = {}
    for night in range(12):
        told = {random.randrange(40): random.choice(MONTHS) for _ in range(12)}
        path = plain_file(f"{night}.csv", [line(*one, price=100 + night) for one in told.items()])
        world.ingest("plain_sales", path, date(2024, 9, 10 + night))
        lie |= told
        if random.random() < 0.5:
            filtered(world)
        assert months_of(world) == {f"s{sale}": month for sale, month in lie.items()}


def test_of_filtered_months_only_those_are_asked_that_may_hold_the_sale(
    world: World, plain_file: WriteCsv
) -> None:
    lines = [line(number, MONTHS[number % 6]) for number in range(30)]
    world.ingest("plain_sales", plain_file("a.csv", lines), DAY)
    assert {month.month for _, month in looked(world, ["s0"])} == set(MONTHS)
    assert filtered(world) == 6
    assert looked(world, ["s0", "s8"]) == [("s0", date(2024, 3, 1)), ("s8", date(2024, 5, 1))]
    assert filtered(world) == 0


def test_what_came_since_a_month_was_filtered_is_found(world: World, plain_file: WriteCsv) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [line(1, 3), line(2, 4)]), DAY)
    filtered(world)
    moved = plain_file("b.csv", [line(3, 3), line(2, 3, price=110)])
    world.ingest("plain_sales", moved, date(2024, 10, 1))
    march = date(2024, 3, 1)
    # Where s2 was it may be still: a filter forgets nothing until it is made anew.
    assert looked(world, ["s2", "s3"]) == [("s2", march), ("s3", march), ("s2", date(2024, 4, 1))]
    assert filtered(world) == 1


def test_a_sale_of_a_load_that_is_not_over_is_found_when_it_is(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [line(1, 3), line(2, 4)]), DAY)
    filtered(world)
    source, after = FileSource(find_format("plain_sales")), date(2024, 10, 1)
    world.fetch(source, plain_file("b.csv", [line(3, 3)]), after, None)
    world.validate(source, after)
    with world.unit() as unit:
        load_trades(unit, "plain_sales", after)
        assert filtered(world) == 0
    assert looked(world, ["s3"]) == [("s3", date(2024, 3, 1))]
    assert filtered(world) == 1
    assert looked(world, ["s3"]) == [("s3", date(2024, 3, 1))]


class Interrupted(psycopg.Cursor[Any]):
    """Lets others do something after a statement of the one whose cursor it is."""

    meanwhile: ClassVar[dict[str, Callable[[], object]]] = {}

    def execute(self, query: Any, *given: Any, **options: Any) -> Self:
        done = super().execute(query, *given, **options)
        if act := self.meanwhile.pop(query, None):
            act()
        return done


@pytest.mark.parametrize("statement", [sale_keys.TO_RENEW, sale_keys.ROWS_OF, sale_keys.IDS_OF])
def test_a_sale_that_comes_while_its_month_is_filtered_is_found(
    statement: str, world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [line(1, 3), line(2, 4)]), DAY)
    filtered(world)
    world.ingest("plain_sales", plain_file("b.csv", [line(3, 3)]), date(2024, 10, 1))
    come = plain_file("c.csv", [line(4, 3)])
    Interrupted.meanwhile[statement] = lambda: world.ingest("plain_sales", come, date(2024, 10, 2))
    options = "-c timezone=UTC"
    with psycopg.connect(world.url, options=options, cursor_factory=Interrupted) as connection:
        assert SaleKeys(connection).renew() == 1
    assert Interrupted.meanwhile == {}
    for _ in range(2):
        assert looked(world, ["s3", "s4"]) == [("s3", date(2024, 3, 1)), ("s4", date(2024, 3, 1))]
        filtered(world)


def test_a_few_sales_are_looked_for_without_reading_the_filters(
    world: World, plain_file: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(number, MONTHS[number % 6]) for number in range(30)]
    world.ingest("plain_sales", plain_file("a.csv", lines), DAY)
    filtered(world)
    monkeypatch.setattr("ingestion.adapters.sale_keys.LEAST", 1)
    assert len(looked(world, ["s0"])) == len(MONTHS)
