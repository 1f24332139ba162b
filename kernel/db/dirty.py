"""The dirty set: which instruments have work to do at a stage. Producers mark, consumers clear."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Literal, NamedTuple

import psycopg

from kernel.db.staging import stage_rows

Stage = Literal["bars", "curated", "signals", "search"]


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


MARK_COLUMNS = (("card_id", "text"), ("grade_code", "text"), ("day", "date"), ("as_of", "date"))

# The two merges read staged tables, so that whoever has a frame and not rows may use them too.
# Both take their rows in one order: a producer and a consumer that meet wait, and never for each
# other. "C" is the order in which Python and polars sort.
MERGE_MARKS = """
insert into market.dirty as d (stage, card_id, grade_code, day, as_of)
select %s, card_id, grade_code, day, as_of from dirty_marks
group by card_id, grade_code, day, as_of
order by card_id collate "C", grade_code collate "C", day, as_of
on conflict (stage, card_id, grade_code, day, as_of)
do update set generation = d.generation + 1, marked_at = now()
"""
CLEAR_DONE = """
with held as (
  select d.stage, d.card_id, d.grade_code, d.day, d.as_of
  from market.dirty d join dirty_done x using (card_id, grade_code, day, as_of, generation)
  where d.stage = %s
  order by d.card_id collate "C", d.grade_code collate "C", d.day, d.as_of
  for update of d
)
delete from market.dirty d using held where (d.stage, d.card_id, d.grade_code, d.day, d.as_of)
  = (held.stage, held.card_id, held.grade_code, held.day, held.as_of)
"""
PENDING = """
select card_id, grade_code, day, as_of, generation from market.dirty
where stage = %s order by as_of, card_id, grade_code, day
"""


@contextmanager
def by_hash(connection: psycopg.Connection) -> Iterator[None]:
    """Join the set to what is staged by hash, whatever the planner takes its size for.

    The set is emptied every night. Counted when it was empty, it is taken for a row or two, each
    of them is compared with all that is staged, and a hundred thousand take minutes.
    """
    connection.execute("set local enable_nestloop = off")
    yield
    connection.execute("set local enable_nestloop = on")


def mark(connection: psycopg.Connection, stage: Stage, marks: Iterable[Mark]) -> int:
    """Add work in the producer's own transaction; marking again raises the generation.

    Returns the number of rows marked.
    """
    stage_rows(connection, "dirty_marks", MARK_COLUMNS, marks)
    return connection.execute(MERGE_MARKS, (stage,)).rowcount


def pending(connection: psycopg.Connection, stage: Stage) -> list[DirtyRow]:
    """All work of a stage, oldest run first."""
    return [DirtyRow(*row) for row in connection.execute(PENDING, (stage,)).fetchall()]


def clear(connection: psycopg.Connection, stage: Stage, done: Sequence[DirtyRow]) -> int:
    """Remove what was done, unless it was marked again meanwhile. Rows removed."""
    stage_rows(connection, "dirty_done", (*MARK_COLUMNS, ("generation", "int")), done)
    return remove_staged(connection, stage)


def remove_staged(connection: psycopg.Connection, stage: Stage) -> int:
    """Remove what the temporary table `dirty_done` holds. Rows removed."""
    with by_hash(connection):
        return connection.execute(CLEAR_DONE, (stage,)).rowcount
