"""Scores of signals, append-only: all their SQL."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
import psycopg
from psycopg import sql

from kernel.db.staging import copy_frame
from signals_svc.domain.score_frames import CLAIMS, ROWS, STANDING

DUE = """
select c.signal_id, a.after_days, c.card_id, c.grade_code, c.series, c.asof_ts, c.known_at,
  c.action, c.abstains
from signals.claims c
cross join unnest(%(after)s::int[]) as a (after_days)
where a.after_days <= c.horizon_days and c.known_at <= %(moment)s and c.asof_ts > %(since)s
  and c.asof_ts + a.after_days * interval '1 day' <= %(moment)s
  and not exists (select from signals.scores v
    where v.signal_id = c.signal_id and v.after_days = a.after_days)
order by c.signal_id, a.after_days
"""

# A price of the past changed if a version of a bar ended, or one began after its day was over. Only
# scores of a time with such a day in it can come out otherwise.
STANDING_OF_CHANGED = """
with days as (
  select card_id, grade_code, day from market.prices_daily
  where known_at > %(since)s and known_at <= %(moment)s
    and known_at > (day + 1)::timestamp at time zone 'UTC'
  union all
  select card_id, grade_code, day from market.prices_daily_history
  where superseded_at > %(since)s and superseded_at <= %(moment)s
), changed as (
  select card_id, grade_code, min(day)::timestamp at time zone 'UTC' as first,
    max(day)::timestamp at time zone 'UTC' as last
  from days group by card_id, grade_code
)
select c.signal_id, v.after_days, c.card_id, c.grade_code, c.series, c.asof_ts, c.known_at,
  c.action, c.abstains, v.outcome, v.entry_day, v.entry_cents, v.exit_day, v.exit_cents
from signals.claims c join changed using (card_id, grade_code)
cross join lateral (
  select distinct on (s.after_days) s.* from signals.scores s
  where s.signal_id = c.signal_id order by s.after_days, s.known_at desc) v
where c.asof_ts <= changed.last and v.known_at < %(moment)s
  and c.asof_ts + v.after_days * interval '1 day' > changed.first
order by c.signal_id, v.after_days
"""


class ScoresStored:
    """Port ScoreStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def due(self, *, since: datetime, moment: datetime, after: Sequence[int]) -> pl.DataFrame:
        """Signals that have no score after days that were over by the moment."""
        asked = {"since": since, "moment": moment, "after": list(after)}
        rows = self._connection.execute(DUE, asked).fetchall()
        return pl.DataFrame(rows, schema=CLAIMS, orient="row")

    def standing(self, *, since: datetime, moment: datetime) -> pl.DataFrame:
        """Scores of instruments whose past prices changed since."""
        asked = {"since": since, "moment": moment}
        rows = self._connection.execute(STANDING_OF_CHANGED, asked).fetchall()
        return pl.DataFrame(rows, schema={**CLAIMS, **STANDING}, orient="row")

    def add(self, scores: pl.DataFrame) -> int:
        """Append versions; rows added."""
        copy_frame(self._connection, sql.Identifier("signals", "scores"), scores.select(list(ROWS)))
        return len(scores)

    def count(self) -> None:
        """Let the planner know how many scores and replayed signals there are now."""
        self._connection.execute("select signals.count_scores()")
