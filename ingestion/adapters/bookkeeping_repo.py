"""SQL of what ingestion writes about its own work: loads, quarantine, partitions, the dirty set."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ingestion.adapters.copying import read_frame
from ingestion.domain.records import UTC_US, Schema
from kernel.db import dirty
from kernel.db.staging import stage_frame

LOAD = """
insert into market.loads as l
  (source, day, job, rows_read, rows_written, rows_quarantined, first_day, rows_by_table,
   finished_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
on conflict (source, day, job) do update
set (rows_read, rows_written, rows_quarantined, first_day, rows_by_table, finished_at) =
  (excluded.rows_read, excluded.rows_written, excluded.rows_quarantined,
   least(l.first_day, excluded.first_day), excluded.rows_by_table, excluded.finished_at)
"""

LAST_DAY = "select max(day) from market.loads where source = %s and job = %s and day < %s"

# A row refused again for another reason keeps its place and tells the new reason. Whatever a load
# may have to act on makes it unsettled.
KEEP = """
with kept as (
  insert into market.quarantine as q (quarantine_id, source, raw_key, line, reason, detail, raw,
    product, trade_id, reported_at, mapped_as, settled)
  select quarantine_id, source, raw_key, line, reason, coalesce(detail, ''), raw::jsonb, product,
    record_id, reported_at, mapped_as, record_id is null
  from staged_rejects
  on conflict (quarantine_id) do update
  set (reason, detail, resolved_at, trade_id, reported_at, mapped_as, settled) = (excluded.reason,
    excluded.detail, null, excluded.trade_id, greatest(q.reported_at, excluded.reported_at),
    excluded.mapped_as, excluded.settled)
  where (q.reason, q.detail, q.trade_id, q.mapped_as) is distinct from
      (excluded.reason, excluded.detail, excluded.trade_id, excluded.mapped_as)
    or q.resolved_at is not null or q.reported_at < excluded.reported_at
  returning xmax = 0 as new
)
select count(*) filter (where new) from kept
"""
OPEN = "select exists (select from market.quarantine where source = %s and resolved_at is null)"
RESOLVE = """
update market.quarantine q set resolved_at = now(), settled = q.trade_id is null
from staged_accepted a where q.quarantine_id = a.quarantine_id and q.resolved_at is null
"""

WORK: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "as_of": pl.Date,
    "through": pl.Date,
    "generation": pl.Int64,
    "judged": pl.Int64,
    "marked_at": UTC_US,  # tells a mark from one that was done and made again
}
# COPY takes no parameters: the stage is written in, as a literal of one of a few words.
PENDING = """
select card_id, grade_code, day, as_of, coalesce(through, day) as through, generation, judged,
  marked_at
from market.dirty {}
where stage = {} order by as_of, card_id, grade_code, day
"""
# Rows of the dirty set are taken in one order by all: see kernel/db/dirty.py.
JUDGED = """
with held as (
  select d.card_id, d.grade_code, d.day, d.as_of
  from market.dirty d join staged_judged j using (card_id, grade_code, day, as_of, generation)
  where d.stage = 'bars'
  order by d.card_id collate "C", d.grade_code collate "C", d.day, d.as_of
  for update of d
)
update market.dirty d set judged = d.generation from held
where d.stage = 'bars' and (d.card_id, d.grade_code, d.day, d.as_of)
  = (held.card_id, held.grade_code, held.day, held.as_of)
"""
MARKED_AS_JUDGED = """
update market.dirty d set judged = d.generation from staged_judged j
where d.stage = 'bars' and (d.card_id, d.grade_code, d.day, d.as_of)
  = (j.card_id, j.grade_code, j.day, j.as_of)
"""
MARK = ("card_id", "grade_code", "day", "as_of")
MERGE_MARKS = """
insert into market.dirty as d (stage, card_id, grade_code, day, as_of, through)
select %s, card_id, grade_code, day, as_of, nullif(through, day) from dirty_marks
order by card_id collate "C", grade_code collate "C", day, as_of
on conflict (stage, card_id, grade_code, day, as_of) do update
set generation = d.generation + 1, marked_at = now(),
  through = greatest(d.through, excluded.through)
"""


@dataclass(frozen=True)
class LedgerRepo:
    """market.loads of one transaction."""

    connection: psycopg.Connection

    def note(
        self,
        source: str,
        day: date,
        job: str,
        *,
        read: int,
        written: int,
        quarantined: int,
        first: date | None = None,
        by_table: Mapping[str, int] | None = None,
    ) -> None:
        """Replace the row of (source, day, job); the widest window that was asked stays."""
        counts = (read, written, quarantined)
        self.connection.execute(LOAD, (source, day, job, *counts, first, Jsonb(by_table or {})))

    def last_day(self, source: str, job: str, *, before: date) -> date | None:
        """The newest day before that for which the job was done; None if there is none."""
        row = self.connection.execute(LAST_DAY, (source, job, before)).fetchone()
        return row[0] if row else None


@dataclass(frozen=True)
class QuarantineRepo:
    """market.quarantine of one transaction."""

    connection: psycopg.Connection

    def keep(
        self, source: str, rejects: pl.DataFrame, keys: Mapping[str, str], *, mapped_as: str
    ) -> int:
        """Add rejects that are not there yet; the number added. `mapped_as`: whose product map."""
        if rejects.is_empty():
            return 0
        raw_key = pl.col("part").replace_strict(list(keys), list(keys.values()))
        rows = rejects.with_columns(
            raw_key=raw_key, source=pl.lit(source), mapped_as=pl.lit(mapped_as)
        )
        once = rows.drop("part").unique("quarantine_id", keep="first", maintain_order=True)
        stage_frame(self.connection, "staged_rejects", once)
        row = self.connection.execute(KEEP).fetchone()
        return row[0] if row else 0

    def resolve(self, source: str, accepted: pl.Series) -> int:
        """Close those that were taken after all; the number closed."""
        row = self.connection.execute(OPEN, (source,)).fetchone()
        if row is None or not row[0] or accepted.is_empty():
            return 0
        stage_frame(self.connection, "staged_accepted", accepted.to_frame("quarantine_id"))
        return self.connection.execute(RESOLVE).rowcount


@dataclass(frozen=True)
class PartitionRepo:
    """Month partitions, made through the owner's function."""

    connection: psycopg.Connection

    def ensure(self, table: str, days: Collection[date]) -> int:
        """Make those of the days' months that are missing; the number made."""
        row = self.connection.execute(
            "select market.ensure_month_partitions(%s, %s)", (table, list(days))
        ).fetchone()
        return row[0] if row else 0


@dataclass(frozen=True)
class WorkRepo:
    """The dirty set of one transaction."""

    connection: psycopg.Connection

    def claim(self, name: str) -> None:
        """Let one run at a time do work of this name, until this transaction ends."""
        self.connection.execute(
            "select pg_advisory_xact_lock(hashtext('market.work'), hashtext(%s))", (name,)
        )

    def pending(self, stage_name: str, *, of: pl.DataFrame | None = None) -> pl.DataFrame:
        """Work of a stage on all instruments or these, with the generation judged in `judged`."""
        stage, some = sql.Literal(_stage(stage_name)), sql.SQL("")
        if of is not None:
            stage_frame(self.connection, "asked_of", of.select("card_id", "grade_code"))
            some = sql.SQL("join asked_of using (card_id, grade_code)")
        with dirty.by_hash(self.connection):
            return read_frame(self.connection, sql.SQL(PENDING).format(some, stage), WORK)

    def mark(self, stage_name: str, rows: pl.DataFrame, *, judged: bool = False) -> int:
        """Add work in this transaction: on a day, or on all from `day` to `through`."""
        through = "through" if "through" in rows.columns else "day"
        marks = rows.group_by(MARK).agg(through=pl.col(through).max())
        if marks.is_empty():
            return 0
        # The frame goes in as one block: row by row is most of the time of a large mark.
        stage_frame(self.connection, "dirty_marks", marks)
        done = self.connection.execute(MERGE_MARKS, (_stage(stage_name),)).rowcount
        if judged:
            stage_frame(self.connection, "staged_judged", marks)
            with dirty.by_hash(self.connection):
                self.connection.execute(MARKED_AS_JUDGED)
        return done

    def judge(self, rows: pl.DataFrame) -> int:
        """Note that the outliers of these generations were judged."""
        stage_frame(self.connection, "staged_judged", rows.select(*MARK, "generation"))
        with dirty.by_hash(self.connection):
            return self.connection.execute(JUDGED).rowcount

    def clear(self, stage_name: str, rows: pl.DataFrame) -> int:
        """Remove what was done where the generation is unchanged."""
        if rows.is_empty():
            return 0
        stage_frame(self.connection, "dirty_done", rows.select(*MARK, "generation"))
        return dirty.remove_staged(self.connection, _stage(stage_name))


def _stage(name: str) -> dirty.Stage:
    found = next((stage for stage in get_args(dirty.Stage) if stage == name), None)
    if found is None:
        raise ValueError(f"no stage {name!r}")
    stage: dirty.Stage = found
    return stage
