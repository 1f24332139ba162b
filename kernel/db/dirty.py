"""The dirty set: which instruments have work to do at a stage. Producers mark, consumers clear."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

import psycopg

Stage = Literal["bars", "curated", "signals"]


class DirtyRow(NamedTuple):
    """Work on one instrument for one event day, wanted as of a nightly run's day."""

    card_id: str
    grade_code: str
    day: date
    as_of: date
    generation: int


class Mark(NamedTuple):
    """A wish for work: the instrument, the event day that changed, the run it is known in."""

    card_id: str
    grade_code: str
    day: date
    as_of: date


MERGE_MARKS = """
insert into market.dirty as d (stage, card_id, grade_code, day, as_of)
select %s, card_id, grade_code, day, as_of from dirty_marks
group by card_id, grade_code, day, as_of
on conflict (stage, card_id, grade_code, day, as_of)
do update set generation = d.generation + 1, marked_at = now()
"""


def mark(connection: psycopg.Connection, stage: Stage, marks: Iterable[Mark]) -> int:
    """Add work in the producer's own transaction; marking again raises the generation.

    Returns the number of rows marked.
    """
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.dirty_marks")
        cursor.execute(
            "create temp table dirty_marks (card_id text, grade_code text, day date, as_of date)"
            " on commit drop"
        )
        with cursor.copy("copy dirty_marks from stdin") as copy:
            for row in marks:
                copy.write_row(row)
        cursor.execute(MERGE_MARKS, (stage,))
        return cursor.rowcount


def pending(connection: psycopg.Connection, stage: Stage) -> list[DirtyRow]:
    """All work of a stage, oldest run first."""
    rows = connection.execute(
        "select card_id, grade_code, day, as_of, generation from market.dirty"
        " where stage = %s order by as_of, card_id, grade_code, day",
        (stage,),
    ).fetchall()
    return [DirtyRow(*row) for row in rows]


def clear(connection: psycopg.Connection, stage: Stage, done: Sequence[DirtyRow]) -> int:
    """Remove what was done, unless it was marked again meanwhile. Rows removed."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.dirty_done")
        cursor.execute(
            "create temp table dirty_done (card_id text, grade_code text, day date, as_of date,"
            " generation int) on commit drop"
        )
        with cursor.copy("copy dirty_done from stdin") as copy:
            for row in done:
                copy.write_row(row)
        cursor.execute(
            "delete from market.dirty d using dirty_done x where d.stage = %s"
            " and (d.card_id, d.grade_code, d.day, d.as_of, d.generation)"
            " = (x.card_id, x.grade_code, x.day, x.as_of, x.generation)",
            (stage,),
        )
        return cursor.rowcount
