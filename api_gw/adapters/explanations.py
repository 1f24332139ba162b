"""Explanations in PostgreSQL, as they were known at a moment: all SQL of the Explanations port."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api_gw.adapters.database import Database
from api_gw.domain.cached import signal_from
from api_gw.domain.explanations import Band
from api_gw.domain.signals import Signal

# The word on a night that was the newest at the moment, and on the night before that.
NIGHTS = """
with nights as (
  select distinct on (asof_ts) horizon_days, asof_ts, action, conviction, expected_return,
    risk, utility, price_cents, series, reasons, model_version, feature_version,
    features::text as features
  from signals.signals
  where card_id = $1 and grade_code = $2 and horizon_days = $3 and asof_ts <= $4 and known_at <= $4
  order by asof_ts desc, known_at desc, signal_id desc
  limit 2)
select * from nights order by asof_ts desc
"""

FAN = """
with told as (
  select distinct on (horizon_days) horizon_days, split_part(model_version, '+', 1) as version
  from signals.signals
  where card_id = $1 and grade_code = $2 and asof_ts = $3 and known_at <= $4
  order by horizon_days, known_at desc, signal_id desc)
select distinct on (f.horizon_days) f.horizon_days, f.model_version, f.q10, f.q50, f.q90
from signals.forecasts f join told t on t.horizon_days = f.horizon_days
  and t.version = f.model_version
where f.card_id = $1 and f.grade_code = $2 and f.asof_ts = $3 and f.known_at <= $4
  and f.q50 is not null
order by f.horizon_days, f.known_at desc
"""

TOLD = """
select body::text as body from signals.explanations
where card_id = $1 and grade_code = $2 and horizon_days = $3 and asof_ts = $4 and known_at <= $5
order by known_at desc limit 1
"""


class PostgresExplanations:
    """The Explanations port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def nights(
        self, card_id: str, grade_code: str, *, horizon: int, as_of: datetime
    ) -> Sequence[tuple[Signal, Mapping[str, Any]]]:
        """The newest signal and the one of the night before, with their inputs."""
        rows = await self._database.fetch(NIGHTS, card_id, grade_code, horizon, as_of)
        return [(signal_from(dict(row)), json.loads(row["features"])) for row in rows]

    async def fan(
        self, card_id: str, grade_code: str, *, night: datetime, as_of: datetime
    ) -> Sequence[Band]:
        """The forecasts behind the signals of a night, by horizon."""
        rows = await self._database.fetch(FAN, card_id, grade_code, night, as_of)
        return [Band(**row) for row in rows]

    async def told(
        self, card_id: str, grade_code: str, *, horizon: int, night: datetime, as_of: datetime
    ) -> Mapping[str, Any]:
        """What the night told of why; empty where it told nothing."""
        rows = await self._database.fetch(TOLD, card_id, grade_code, horizon, night, as_of)
        found: Mapping[str, Any] = json.loads(rows[0]["body"]) if rows else {}
        return found
