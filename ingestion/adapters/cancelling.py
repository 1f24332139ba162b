"""SQL of sales that their source cancelled: revoked from the moment it was told, and reinstated
from the moment the source told them as standing again."""

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.cancelled import cancelled_of
from ingestion.domain.records import Schema
from kernel.db.staging import stage_frame

TURNED: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "action": pl.String,
}

# Every cancellation and every later word to the contrary is a row, so that their number and order
# of arrival does not matter. `before` stays empty, since what is believed of the sale does not
# change and must not depend on which file came first.
TURN = """
create temp table turned on commit drop as
with revoked as (
  insert into market.trade_revisions (trade_id, ts, known_at, action, reason, actor)
  select t.trade_id, t.ts, c.reported_at, 'revoked', 'the source cancelled the sale', 'load_trades'
  from staged_cancelled c join market.trades t on t.trade_id = c.record_id
  on conflict (trade_id, known_at, action) do nothing
  returning trade_id, ts, action
)
select t.card_id, t.grade_code, (t.ts at time zone 'UTC')::date as day, r.action
from revoked r join market.trades t using (trade_id, ts)
"""
REINSTATE = """
with reinstated as (
  insert into market.trade_revisions (trade_id, ts, known_at, action, reason, actor)
  select t.trade_id, t.ts, said.at, 'reinstated', 'the source told the sale as standing again',
    'load_trades'
  from staged_told k join market.trades t on t.trade_id = k.record_id
  cross join lateral (
    select t.reported_at as at
    union
    select s.told_at from market.standing_reports s where s.trade_id = t.trade_id
  ) said
  where exists (select from market.trade_revisions r
      where r.trade_id = t.trade_id and r.action = 'revoked' and r.actor = 'load_trades'
        and r.known_at < said.at)
    and not exists (select from market.trade_revisions r
      where (r.trade_id, r.known_at, r.action) = (t.trade_id, said.at, 'revoked'))
  on conflict (trade_id, known_at, action) do nothing
  returning trade_id, ts, action
)
insert into turned
select t.card_id, t.grade_code, (t.ts at time zone 'UTC')::date, r.action
from reinstated r join market.trades t using (trade_id, ts)
"""
TOUCHED = "select card_id, grade_code, day, action from turned"


def stage_cancelled(connection: psycopg.Connection, records: pl.DataFrame) -> None:
    """The cancellations among all versions of the sales (RECORDS), before these are merged."""
    told = cancelled_of(records).select("record_id", "reported_at").unique()
    stage_frame(connection, "staged_cancelled", told)


def turn_cancelled(connection: psycopg.Connection, records: pl.DataFrame) -> pl.DataFrame:
    """Of merged `records` revoke the cancelled ones and reinstate those told again; the days of
    both, one row a revision, as TURNED."""
    # Where a version is reported in another moment than it is known, nobody told that it stands.
    told = records.filter(pl.col("reported_at") == pl.col("known_at"))
    if told.is_empty():
        return pl.DataFrame(schema=TURNED)
    stage_frame(connection, "staged_told", told.select("record_id").unique())
    connection.execute("drop table if exists pg_temp.turned")
    connection.execute(TURN)
    connection.execute(REINSTATE)
    return read_frame(connection, TOUCHED, TURNED)
