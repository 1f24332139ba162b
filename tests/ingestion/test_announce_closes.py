"""Changed closes go to the bus once they are committed, and stay in the dirty set until then."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from ingestion.usecases.announce_closes import A_MESSAGE, announce_closes
from kernel.errors import Unavailable
from tests.ingestion.conftest import Job, World, WriteCsv

DAY1, DAY2 = date(2024, 5, 1), date(2024, 5, 2)
SALE = "base1-4,psa9,{}.00,2024-05-01T10:00:00Z,{}"


class Listener:
    """A topic that takes so many messages and then no more."""

    def __init__(self, takes: int = 99) -> None:
        self.takes, self.heard = takes, list[list[Any]]()

    def publish(self, message: Mapping[str, Any]) -> None:
        if len(self.heard) == self.takes:
            raise Unavailable("SNS is away")
        self.heard.append(message["instruments"])


def announce(world: World, topic: Listener) -> Mapping[str, object]:
    with world.unit() as unit:
        summary, stopped = announce_closes(unit, topic)
    assert (stopped is None) == (len(topic.heard) < topic.takes or topic.takes == 99)
    return summary


def test_only_instruments_whose_close_changed_are_announced_and_only_once(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [SALE.format(100, "s1")]), DAY1)
    world.build()
    topic = Listener()
    assert announce(world, topic) == {"instruments": 1, "messages": 1, "withheld": 0}
    assert topic.heard == [[["base1-4", "psa9"]]]
    # Earlier in the day: the open moves, the close does not.
    early = SALE.format(90, "s2").replace("T10", "T09")
    world.ingest("plain_sales", plain_file("b.csv", [early]), DAY2)
    assert world.build()["bars_replaced"] == 1
    assert announce(world, topic)["instruments"] == 0


def test_a_message_has_five_hundred_instruments_at_most(world: World) -> None:
    many = [f"card-{number:04}" for number in range(2 * A_MESSAGE + 1)]
    with world.unit() as unit:
        marks = pl.DataFrame({"card_id": many}).with_columns(grade_code=pl.lit("raw"))
        unit.work.mark("search", marks.with_columns(day=pl.lit(DAY1), as_of=pl.lit(DAY1)))
    topic = Listener(takes=2)
    assert announce(world, topic)["instruments"] == 2 * A_MESSAGE
    assert [len(message) for message in topic.heard] == [A_MESSAGE, A_MESSAGE]
    rest = Listener()
    assert announce(world, rest) == {"instruments": 1, "messages": 1, "withheld": 0}
    assert rest.heard == [[[many[-1], "raw"]]]


def test_without_a_topic_the_work_is_kept(job: Job, world: World) -> None:
    with world.unit() as unit:
        row = {"card_id": ["base1-4"], "grade_code": ["raw"], "day": [DAY1], "as_of": [DAY1]}
        unit.work.mark("search", pl.DataFrame(row))
    done = job("announce_closes")
    assert (done.code, "PRICER_CLOSES_TOPIC_ARN" in done.said) == (0, True)
    assert world.rows("select count(*) from market.dirty where stage = 'search'") == [(1,)]
