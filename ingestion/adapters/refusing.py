"""SQL of sales whose raw rows are refused after they were loaded: revoked, and taken again."""

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.records import Schema
from ingestion.ports.prices import Settled
from kernel.db.staging import stage_frame

SETTLED: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "through": pl.Date,
    "as_of": pl.Date,
    "action": pl.String,
}

# A sale is refused while a version of it that was reported as late as any that was taken waits in
# quarantine. So the outcome is the same whatever the order of arrival. What a person said last of
# the sale stays; a sale that its source cancelled is not reinstated by us.
JUDGE = """
create temp table judged on commit drop as
with asked as (
  select trade_id from market.quarantine
  where source = %(source)s and not settled and trade_id is not null
  union
  select q.trade_id from staged_taken k join market.quarantine q on q.trade_id = k.record_id
), found as (
  select t.trade_id, t.ts, t.card_id, t.grade_code, refusal.why, last.action, last.actor,
    others.action as of_others
  from asked join market.trades t using (trade_id)
  left join lateral (
    select q.reason || ': ' || q.detail as why from market.quarantine q
    where q.trade_id = t.trade_id and q.resolved_at is null
      and q.reported_at >= greatest(t.reported_at, (
        select max(s.told_at) from market.standing_reports s where s.trade_id = t.trade_id))
    order by q.reported_at desc, q.quarantine_id limit 1) refusal on true
  left join lateral (
    select r.action, r.actor from market.trade_revisions r
    where r.trade_id = t.trade_id and r.action in ('revoked', 'reinstated')
    order by r.known_at desc, r.revision_id desc limit 1) last on true
  left join lateral (
    select r.action from market.trade_revisions r
    where r.trade_id = t.trade_id and r.action in ('revoked', 'reinstated')
      and r.actor <> 'screening'
    order by r.known_at desc, r.revision_id desc limit 1) others on true
)
select trade_id, ts, card_id, grade_code, why,
  case when why is null then 'reinstated' else 'revoked' end as turn
from found
where case when why is not null
  then action is distinct from 'revoked' and coalesce(actor in ('screening', 'load_trades'), true)
  else action = 'revoked' and actor = 'screening' and of_others is distinct from 'revoked' end
"""
TURN = """
insert into market.trade_revisions (trade_id, ts, known_at, action, reason, actor)
select trade_id, ts, now(), turn,
  coalesce('its raw row is refused now: ' || why, 'its raw row is taken again'), 'screening'
from judged order by trade_id
"""
MARK_SETTLED = "update market.quarantine set settled = true where source = %s and not settled"
TOUCHED = """
select card_id, grade_code, (ts at time zone 'UTC')::date as day,
  (ts at time zone 'UTC')::date as through, (now() at time zone 'UTC')::date as as_of,
  turn as action
from judged
"""


def settle_refusals(connection: psycopg.Connection, source: str, records: pl.DataFrame) -> Settled:
    """Bring sales in line with the quarantine: those of refusals that no load has looked at yet,
    and those of `records` (RECORDS)."""
    stage_frame(connection, "staged_taken", records.select("record_id").unique())
    connection.execute("drop table if exists pg_temp.judged")
    connection.execute(JUDGE, {"source": source})
    connection.execute(TURN)
    connection.execute(MARK_SETTLED, (source,))
    turned = read_frame(connection, TOUCHED, SETTLED)
    revoked = turned.filter(pl.col("action") == "revoked").height
    return Settled(turned.drop("action"), revoked, turned.height - revoked)
