"""Figures of the newest night in PostgreSQL: all SQL of the Measures port."""

from api_gw.adapters.database import Database
from api_gw.domain.metrics import Measured, MeasuredNight

NEWEST = """
select (as_of + 1)::timestamp at time zone 'UTC' as asof_ts, measured_at, measure, subject,
  model_version, value, least, most, pauses, is_out
from signals.measures
where (as_of, measured_at) = (
  select as_of, measured_at from signals.measures order by as_of desc, measured_at desc limit 1)
order by measure, model_version, subject
"""


class PostgresMeasures:
    """The Measures port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> MeasuredNight | None:
        """Of the newest night that was measured; None before the first."""
        rows = await self._database.fetch(NEWEST)
        if not rows:
            return None
        return MeasuredNight(
            asof_ts=rows[0]["asof_ts"],
            measured_at=rows[0]["measured_at"],
            figures=[Measured(*list(row)[2:]) for row in rows],
        )
