"""SQL of backfills: the ledger they are planned from, their plan, and how far it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.backfill import BackfillRequest, Run, Step, instruments_in
from ingestion.domain.records import Schema
from kernel.db.staging import stage_frame, stage_rows

# Runs whose window meets the days asked for; a step that failed may have left nothing else.
RUNS = """
with told as (
  select source, day, min(first_day) filter (where job = 'fetch') as first_day,
    max(finished_at) filter (where job = 'fetch') as fetched_at,
    max(finished_at) filter (where job = 'load_trades') as loaded_at
  from market.loads
  where source = any(%(sources)s) and day >= %(first)s
  group by source, day
  having coalesce(min(first_day) filter (where job = 'fetch'), day) <= %(last)s
), stopped as (
  select source, day, max(updated_at) as failed_at from market.backfill_days
  where state = 'failed' and source = any(%(sources)s) and day between %(first)s and %(last)s
  group by source, day
)
select source, coalesce(first_day, day), day, fetched_at is not null,
  coalesce(loaded_at >= coalesce(fetched_at, loaded_at), false),
  coalesce(failed_at > coalesce(loaded_at, '-infinity'), false)
from told full join stopped using (source, day)
"""

KEEP = """
insert into market.backfills
  (backfill_id, sources, instruments, first_day, last_day, mode, refetch)
values (%s, %s, %s, %s, %s, %s, %s) on conflict (backfill_id) do nothing
"""
KEEP_DAYS = """
insert into market.backfill_days (backfill_id, source, day, action)
select %s, source, day, action from planned_steps
"""
REQUEST = """
select sources, instruments, first_day, last_day, mode, refetch from market.backfills
where backfill_id = %s
"""
OPEN_STEPS = """
select day, source, action from market.backfill_days
where backfill_id = %s and state <> 'done' order by day, source
"""
NOTE = """
update market.backfill_days
set (state, reason, rows_read, rows_added, updated_at) = (%s, %s, %s, %s, now())
where backfill_id = %s and source = %s and day = %s
"""
COUNTS = """
select count(*) filter (where state = 'done'), count(*) filter (where state = 'failed'),
  coalesce(sum(rows_read), 0)::bigint, coalesce(sum(rows_added), 0)::bigint
from market.backfill_days where backfill_id = %s
"""
FAILURES = """
select source || ' ' || day || ': ' || reason from market.backfill_days
where backfill_id = %s and state = 'failed' order by day, source limit 1000
"""

# A plan changes nothing, so that archived months are looked at where they are.
ROWS_STORED = """
select count(*) from (
  select from market.trades
  where source = any(%(sources)s) and ts >= %(first)s::timestamp at time zone 'UTC'
    and ts < (%(last)s::date + 1)::timestamp at time zone 'UTC'
  union all
  select from market.trades_archived
  where source = any(%(sources)s) and ts >= %(first)s::timestamp at time zone 'UTC'
    and ts < (%(last)s::date + 1)::timestamp at time zone 'UTC'
  union all
  select from market.reported_prices
  where source = any(%(sources)s) and day between %(first)s and %(last)s
  union all
  select from market.reported_prices_archived
  where source = any(%(sources)s) and day between %(first)s and %(last)s
) stored
"""

NEWEST_LOADS = """
select source, max(day) from market.loads
where source = any(%s) and job = 'load_trades' group by source order by source
"""
# Days that have rows: a source that sells little is silent on many.
MEDIAN_NIGHT = """
with told as (
  select (ts at time zone 'UTC')::date as day from market.trades
  where source = %(source)s and ts >= %(first)s::timestamp at time zone 'UTC'
    and ts < (%(last)s::date + 1)::timestamp at time zone 'UTC'
  union all
  select day from market.reported_prices
  where source = %(source)s and day between %(first)s and %(last)s
)
select percentile_cont(0.5) within group (order by n)
from (select count(*) as n from told group by day) nights
"""
OF_LATE = timedelta(days=90)

# COPY takes no parameters: what is asked for is staged.
PRICE_DAYS = """
with priced as (
  select card_id, grade_code, (ts at time zone 'UTC')::date as day
  from market.trades join asked_instruments using (card_id, grade_code), asked_days
  where ts >= first::timestamp at time zone 'UTC' and ts < (last + 1)::timestamp at time zone 'UTC'
  union
  select card_id, grade_code, (ts at time zone 'UTC')::date
  from market.trades_archived join asked_instruments using (card_id, grade_code), asked_days
  where ts >= first::timestamp at time zone 'UTC' and ts < (last + 1)::timestamp at time zone 'UTC'
  union
  select card_id, grade_code, day
  from market.reported_prices join asked_instruments using (card_id, grade_code), asked_days
  where day between first and last
  union
  select card_id, grade_code, day
  from market.reported_prices_archived join asked_instruments using (card_id, grade_code),
    asked_days
  where day between first and last
)
select card_id, grade_code, day from priced, asked_days
where whole or not exists (
  select from market.prices_daily b
  where (b.card_id, b.grade_code, b.day) = (priced.card_id, priced.grade_code, priced.day))
order by card_id, grade_code, day
"""
DAYS: Schema = {"card_id": pl.String, "grade_code": pl.String, "day": pl.Date}
STEP_COLUMNS = (("source", "text"), ("day", "date"), ("action", "text"))


@dataclass(frozen=True)
class BackfillRepo:
    """market.backfills and market.backfill_days of one transaction."""

    connection: psycopg.Connection

    def runs(self, sources: Sequence[str], first: date, last: date) -> list[Run]:
        """What the ledger tells of runs that asked for any of the days."""
        asked = {"sources": list(sources), "first": first, "last": last}
        return [Run(*row) for row in self.connection.execute(RUNS, asked).fetchall()]

    def keep(self, backfill_id: str, request: BackfillRequest, planned: Sequence[Step]) -> bool:
        """Store the plan of an id that has none; whether it was stored now."""
        instruments = [str(one) for one in request.instruments]
        row = (backfill_id, list(request.sources), instruments, request.first, request.last)
        stored = self.connection.execute(KEEP, (*row, request.mode, request.refetch))
        if stored.rowcount == 0:
            return False
        rows = [(step.source, step.day, step.action) for step in planned]
        stage_rows(self.connection, "planned_steps", STEP_COLUMNS, rows)
        self.connection.execute(KEEP_DAYS, (backfill_id,))
        return True

    def request(self, backfill_id: str) -> BackfillRequest | None:
        """What was asked for under an id; None for an unknown one."""
        row = self.connection.execute(REQUEST, (backfill_id,)).fetchone()
        if row is None:
            return None
        sources, instruments, *rest = row
        return BackfillRequest(tuple(sources), instruments_in(",".join(instruments)), *rest)

    def open_steps(self, backfill_id: str) -> list[Step]:
        """What is not done yet, in order of days; what failed is tried again."""
        return [
            Step(*row) for row in self.connection.execute(OPEN_STEPS, (backfill_id,)).fetchall()
        ]

    def note(
        self,
        backfill_id: str,
        step: Step,
        *,
        state: str,
        reason: str = "",
        read: int = 0,
        added: int = 0,
    ) -> None:
        """How a step ended."""
        outcome = (state, reason, read, added)
        self.connection.execute(NOTE, (*outcome, backfill_id, step.source, step.day))

    def outcome(self, backfill_id: str) -> tuple[dict[str, int], list[str]]:
        """Counts of the whole backfill, and a line for each step that failed."""
        row = self.connection.execute(COUNTS, (backfill_id,)).fetchone() or (0, 0, 0, 0)
        names = ("done", "failed", "rows_read", "rows_added")
        lines = self.connection.execute(FAILURES, (backfill_id,)).fetchall()
        return dict(zip(names, row, strict=True)), [line for (line,) in lines]

    def finish(self, backfill_id: str) -> None:
        """Note that everything is done."""
        self.connection.execute(
            "update market.backfills set finished_at = now() where backfill_id = %s", (backfill_id,)
        )

    def rows_stored(self, request: BackfillRequest) -> int:
        """Sales and figures of the sources that the tables hold of these days."""
        asked = {"sources": list(request.sources), "first": request.first, "last": request.last}
        row = self.connection.execute(ROWS_STORED, asked).fetchone()
        return row[0] if row else 0

    def median_nights(self, sources: Sequence[str]) -> dict[str, float]:
        """Rows of a source's median day among the 90 before its newest load."""
        found = {}
        newest = self.connection.execute(NEWEST_LOADS, (list(sources),)).fetchall()
        for source, last in newest:
            # Bounds as parameters, one source at a time: other months are not even opened.
            asked = {"source": source, "first": last - OF_LATE, "last": last}
            row = self.connection.execute(MEDIAN_NIGHT, asked).fetchone()
            if row is not None and row[0] is not None:
                found[source] = float(row[0])
        return found

    def price_days(self, request: BackfillRequest) -> pl.DataFrame:
        """Days of the instruments with a price: all of them, or those without a bar."""
        pairs = [tuple(one) for one in request.instruments]
        wanted = pl.DataFrame(pairs, schema=["card_id", "grade_code"], orient="row")
        asked = {"first": [request.first], "last": [request.last], "whole": [request.mode == "all"]}
        stage_frame(self.connection, "asked_instruments", wanted.cast(pl.String))
        stage_frame(self.connection, "asked_days", pl.DataFrame(asked))
        return read_frame(self.connection, PRICE_DAYS, DAYS)
