"""Writes explanations of cohorts, append-only: all their SQL."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from kernel.db.staging import stage_rows
from signals_svc.domain.cohorts import CohortExplanation

COLUMNS = (
    ("set_id", "text"),
    ("tier", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("part", "text"),
    ("model_version", "text"),
    ("instruments", "int"),
    ("body", "text"),
    ("fingerprint", "text"),
)

# The first explanation of a night was known at its end; one that differs, when it is told.
APPEND = """
insert into signals.cohort_explanations (set_id, tier, horizon_days, asof_ts, part, model_version,
  instruments, body, fingerprint, known_at)
select n.set_id, n.tier, n.horizon_days, n.asof_ts, n.part, n.model_version, n.instruments,
  n.body::jsonb,
  n.fingerprint,
  case when told.known_at is null then n.asof_ts
    else greatest(%(now)s, told.known_at + interval '1 microsecond') end
from cohorts_new n
left join lateral (
  select e.fingerprint, e.known_at from signals.cohort_explanations e
  where e.set_id = n.set_id and e.horizon_days = n.horizon_days and e.asof_ts = n.asof_ts
    and e.tier = n.tier and e.part = n.part
  order by e.known_at desc limit 1) told on true
where told.fingerprint is distinct from n.fingerprint
order by n.set_id, n.tier, n.part
"""


def write_cohorts(
    connection: psycopg.Connection, told: Sequence[CohortExplanation], *, now: datetime
) -> int:
    """Append what differs from the newest explanation of the night; rows added."""
    rows = (
        (
            one.set_id,
            one.tier,
            one.horizon_days,
            one.asof_ts,
            one.part,
            one.model_version,
            one.instruments,
            one.text,
            one.fingerprint,
        )
        for one in told
    )
    stage_rows(connection, "cohorts_new", COLUMNS, rows)
    return connection.execute(APPEND, {"now": now}).rowcount
