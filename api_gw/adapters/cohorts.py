"""Explanations of cohorts in PostgreSQL, as known at a moment: all SQL of the Cohorts port."""

import json
from datetime import datetime

from api_gw.adapters.database import Database
from api_gw.domain.cohorts import Cohort, CohortsOfSet

NEWEST = """
with night as (
  select max(asof_ts) as asof_ts from signals.cohort_explanations
  where set_id = $1 and horizon_days = $2 and asof_ts <= $3 and known_at <= $3)
select distinct on (e.tier, e.part) e.asof_ts, e.tier, e.part, e.model_version, e.instruments,
  e.known_at, e.body::text as body
from signals.cohort_explanations e join night using (asof_ts)
where e.set_id = $1 and e.horizon_days = $2 and e.known_at <= $3
order by e.tier, e.part, e.known_at desc
"""


class PostgresCohorts:
    """The Cohorts port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, set_id: str, *, horizon: int, as_of: datetime) -> CohortsOfSet | None:
        """Of the newest night known at the moment; None where none told of the set."""
        rows = await self._database.fetch(NEWEST, set_id, horizon, as_of)
        if not rows:
            return None
        cohorts = [
            Cohort(
                tier=row["tier"],
                part=row["part"],
                model_version=row["model_version"],
                instruments=row["instruments"],
                known_at=row["known_at"],
                body=json.loads(row["body"]),
            )
            for row in rows
        ]
        return CohortsOfSet(set_id, horizon, rows[0]["asof_ts"], cohorts)

    async def is_set(self, set_id: str) -> bool:
        """Whether the catalog has it."""
        return bool(
            await self._database.fetch("select 1 from market.sets where set_id = $1", set_id)
        )
