"""Sources load while bars are judged and built: all wait for rows of the set in one order."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import psycopg
import pytest

from ingestion.adapters.bookkeeping_repo import WorkRepo
from ingestion.ports.unit import Unit
from tests.ingestion.conftest import World

ROWS, ROUNDS = 2_000, 6
FIRST = date(2020, 1, 1)


def marks() -> pl.DataFrame:
    days = [FIRST + timedelta(days=ahead) for ahead in range(ROWS)]
    return pl.DataFrame({"day": days}).with_columns(
        card_id=pl.lit("base1-4"), grade_code=pl.lit("raw"), as_of=pl.col("day")
    )


def judged(unit: Unit, pending: pl.DataFrame) -> None:
    unit.work.judge(pending)


def cleared(unit: Unit, pending: pl.DataFrame) -> None:
    unit.work.clear("bars", pending)


@pytest.mark.parametrize("consume", [judged, cleared])
def test_a_load_and_a_consumer_of_the_same_work_never_wait_for_each_other(
    world: World, consume: Callable[[Unit, pl.DataFrame], None]
) -> None:
    failures: list[BaseException] = []
    for _ in range(ROUNDS):
        with world.unit() as unit:
            unit.work.mark("bars", marks())
            pending = unit.work.pending("bars").reverse()
        begin = threading.Barrier(2)

        def in_turn(work: Callable[[Unit], object], begin: threading.Barrier = begin) -> None:
            try:
                with world.unit() as unit:
                    begin.wait(30)
                    work(unit)
            except psycopg.Error as error:
                failures.append(error)

        def load(unit: Unit) -> object:
            return unit.work.mark("bars", marks())

        def read(unit: Unit, pending: pl.DataFrame = pending) -> None:
            consume(unit, pending)

        pair = [threading.Thread(target=in_turn, args=(work,)) for work in (load, read)]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join(60)
    assert failures == []


def test_what_was_marked_again_meanwhile_is_neither_judged_nor_cleared(world: World) -> None:
    with world.unit() as unit:
        unit.work.mark("bars", marks().head(3))
        seen = unit.work.pending("bars")
    with world.unit() as unit:
        unit.work.mark("bars", marks().head(1))
    with world.unit() as unit:
        assert isinstance(unit.work, WorkRepo)
        assert (unit.work.judge(seen), unit.work.clear("bars", seen)) == (2, 2)
        assert unit.work.pending("bars").get_column("day").to_list() == [FIRST]
