"""Writes flips to their outbox, so that the bus hears of every change once."""

from collections.abc import Sequence

import psycopg

from kernel.db.staging import stage_rows
from signals_svc.domain.signal import Flip

FLIP_COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("from_action", "text"),
    ("to_action", "text"),
    ("conviction", "double precision"),
)

# A flip that nobody heard of yet is corrected in place; one that was published is followed by
# another from what was said then.
MERGE_FLIPS = """
insert into signals.flips as f
  (card_id, grade_code, horizon_days, asof_ts, model_version, from_action, to_action, conviction)
select card_id, grade_code, horizon_days, asof_ts, model_version, from_action, to_action,
  conviction
from flips_new
on conflict (card_id, grade_code, horizon_days, asof_ts, model_version) do update
set to_action = excluded.to_action, conviction = excluded.conviction, published_at = null,
  from_action = case when f.published_at is null then f.from_action else f.to_action end
where f.to_action <> excluded.to_action
"""

DROP_TAKEN_BACK = "delete from signals.flips where from_action = to_action and published_at is null"


def write_flips(connection: psycopg.Connection, flips: Sequence[Flip]) -> None:
    """Add flips to the outbox; one that is taken back before anybody heard of it disappears."""
    stage_rows(connection, "flips_new", FLIP_COLUMNS, flips)
    connection.execute(MERGE_FLIPS)
    connection.execute(DROP_TAKEN_BACK)
