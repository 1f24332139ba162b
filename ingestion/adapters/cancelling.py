"""SQL of sales that their source cancelled: each is revoked from the moment it was told."""

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.merging import TOUCHED_SCHEMA
from ingestion.domain.cancelled import cancelled_of
from ingestion.domain.records import RECORDS
from kernel.db.staging import stage_frame

# Once for each sale: that it is told again adds nothing. `before` stays empty, since what is
# believed of the sale does not change and must not depend on which file came first.
REVOKE = """
create temp table withdrawn on commit drop as
with revoked as (
  insert into market.trade_revisions (trade_id, ts, known_at, action, reason, actor)
  select t.trade_id, t.ts, c.known_at, 'revoked', 'the source cancelled the sale', 'load_trades'
  from staged_cancelled c join market.trades t on (t.trade_id, t.ts) = (c.record_id, c.ts)
  where not exists (
    select from market.trade_revisions r
    where r.trade_id = t.trade_id and r.action = 'revoked' and r.known_at <= c.known_at)
  on conflict (trade_id, known_at, action) do nothing
  returning trade_id, ts
)
select t.card_id, t.grade_code, (t.ts at time zone 'UTC')::date as day
from revoked r join market.trades t using (trade_id, ts)
"""
WITHDRAWN = "select card_id, grade_code, day from withdrawn"


def revoke_cancelled(connection: psycopg.Connection, records: pl.DataFrame) -> pl.DataFrame:
    """Of merged `records` (RECORDS) revoke the cancelled ones; the days of those newly revoked,
    one row a sale, as TOUCHED_SCHEMA."""
    cancelled = cancelled_of(records)
    if cancelled.is_empty():
        return pl.DataFrame(schema=TOUCHED_SCHEMA)
    stage_frame(connection, "staged_cancelled", cancelled.select(list(RECORDS)))
    connection.execute("drop table if exists pg_temp.withdrawn")
    connection.execute(REVOKE)
    return read_frame(connection, WITHDRAWN, TOUCHED_SCHEMA)
