"""SQL of sales whose raw rows are refused after they were loaded: revoked, and taken again."""

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.sale_histories import hear, moment
from ingestion.domain.records import UTC_US, Schema
from ingestion.domain.statements import turns
from ingestion.ports.prices import Settled
from kernel.db.staging import stage_frame

# A sale is refused while a version of it that was reported as late as any that was taken waits in
# quarantine. So the outcome is the same whatever the order of arrival. What a person said last of
# the sale stays; a sale that its source cancelled is not reinstated by us.
JUDGED = """
with asked as (
  select trade_id from market.quarantine join asked_source using (source)
  where not settled and trade_id is not null
  union
  select q.trade_id from staged_taken k join market.quarantine q on q.trade_id = k.trade_id
)
select t.trade_id, refusal.why as reason,
  case when refusal.why is null then 'reinstated' else 'revoked' end as turn
from asked join market.trades t using (trade_id)
left join lateral (
  select h.action, h.reported_at from market.trade_statements h
  where h.trade_id = t.trade_id and h.action in ('told', 'cancelled')
  order by h.reported_at desc, h.place desc, h.known_at desc limit 1) source on true
left join lateral (
  select q.reason || ': ' || q.detail as why from market.quarantine q
  where q.trade_id = t.trade_id and q.resolved_at is null
    and q.reported_at >= greatest(t.reported_at, source.reported_at)
  order by q.reported_at desc, q.quarantine_id limit 1) refusal on true
left join lateral (
  select h.action, h.actor from market.trade_statements h
  where h.trade_id = t.trade_id and h.action in ('revoked', 'reinstated')
  order by h.known_at desc, h.statement_id desc limit 1) last on true
left join lateral (
  select h.action from market.trade_statements h
  where h.trade_id = t.trade_id and h.action in ('revoked', 'reinstated')
    and h.actor <> 'screening'
  order by h.known_at desc, h.statement_id desc limit 1) person on true
where case when refusal.why is not null
  then t.until is null and coalesce(last.action = 'revoked' or last.actor = 'screening', true)
  else t.until is not null and last.action = 'revoked' and last.actor = 'screening'
    and person.action is distinct from 'revoked' and source.action is distinct from 'cancelled' end
"""
JUDGED_AS: Schema = {"trade_id": pl.Int64, "reason": pl.String, "turn": pl.String}
MARK_SETTLED = "update market.quarantine set settled = true where source = %s and not settled"

WORDS = {
    "revoked": pl.lit("its raw row is refused now: ") + pl.col("reason"),
    "reinstated": pl.lit("its raw row is taken again"),
}


def settle_refusals(connection: psycopg.Connection, source: str, records: pl.DataFrame) -> Settled:
    """Bring sales in line with the quarantine: those of refusals that no load has looked at yet,
    and those of `records` (RECORDS)."""
    taken = records.select(trade_id="record_id").unique()
    stage_frame(connection, "staged_taken", taken)
    stage_frame(connection, "asked_source", pl.DataFrame({"source": [source]}))
    judged = read_frame(connection, JUDGED, JUDGED_AS)
    now = moment(connection)
    said = [
        turns(
            judged.filter(pl.col("turn") == turn).select(
                "trade_id", reason=words, known_at=pl.lit(now, UTC_US)
            ),
            turn,
            "screening",
        )
        for turn, words in WORDS.items()
    ]
    changes = hear(connection, pl.concat(said)).changes
    connection.execute(MARK_SETTLED, (source,))
    touched = changes.touched.with_columns(through="day", as_of=pl.lit(now.date()))
    return Settled(touched, changes.revoked, changes.reinstated)
