"""Writes explanations of signals, append-only: all their SQL."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from kernel.db.staging import stage_rows
from signals_svc.domain.explanation import Explanation

COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("body", "text"),
    ("fingerprint", "text"),
)

# The first explanation of a night was known at its end; one that differs, when it is told.
APPEND = """
insert into signals.explanations
  (card_id, grade_code, horizon_days, asof_ts, model_version, body, fingerprint, known_at)
select n.card_id, n.grade_code, n.horizon_days, n.asof_ts, n.model_version, n.body::jsonb,
  n.fingerprint,
  case when told.known_at is null then n.asof_ts
    else greatest(%(now)s, told.known_at + interval '1 microsecond') end
from explanations_new n
left join lateral (
  select e.fingerprint, e.known_at from signals.explanations e
  where e.card_id = n.card_id and e.grade_code = n.grade_code
    and e.horizon_days = n.horizon_days and e.asof_ts = n.asof_ts
  order by e.known_at desc limit 1) told on true
where told.fingerprint is distinct from n.fingerprint
order by n.card_id, n.grade_code, n.horizon_days
"""


def write_explanations(
    connection: psycopg.Connection, explanations: Sequence[Explanation], *, now: datetime
) -> None:
    """Append what differs from the newest explanation of the night."""
    rows = (
        (
            *one.instrument,
            one.horizon_days,
            one.asof_ts,
            one.model_version,
            one.text,
            one.fingerprint,
        )
        for one in explanations
    )
    stage_rows(connection, "explanations_new", COLUMNS, rows)
    connection.execute(APPEND, {"now": now})
