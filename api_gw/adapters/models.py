"""Registered models in PostgreSQL: all SQL of the Models port."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from api_gw.adapters.database import Database
from api_gw.domain.models import HorizonApart, Model, ModelPage, StageChange

# The newest row of a version is its stage; of several in production the last to enter it speaks.
# Nights are counted from one to the next by the index: a version of years has many rows a night.
MODELS = """
with newest as (
  select distinct on (model_version) model_version, family, stage, canary_percent, at, promotion_id
  from signals.promotions order by model_version, at desc, promotion_id desc
), ranked as (
  select *, row_number() over (partition by family, stage order by at desc, promotion_id desc) = 1
    and stage in ('canary', 'production') as speaks
  from newest
)
select m.model_version, m.family, coalesce(r.stage, 'staging') as stage, r.canary_percent,
  coalesce(r.at, m.created_at) as since, coalesce(r.speaks, false) as speaks, m.trained_through,
  m.feature_version, heard.nights as nights_heard, coalesce(m.metrics ->> 'verdict', '') as verdict,
  m.artifact_key, m.sha256, m.metrics::text as metrics
from signals.models m
left join ranked r using (model_version)
cross join lateral (
  with recursive nights as (
    select min(asof_ts) as night from signals.forecasts where model_version = m.model_version
    union all
    select (select min(asof_ts) from signals.forecasts
      where model_version = m.model_version and asof_ts > night) from nights
    where night is not null)
  select count(night)::int as nights from nights) heard
where m.artifact_key is not null and ($1::text is null or m.model_version = $1)
order by m.family, m.created_at desc, m.model_version
"""

HISTORY = """
select stage, canary_percent, at, actor, reason from signals.promotions
where model_version = $1 order by at, promotion_id
"""

# What both are asked of is one number a row: the middle of a forecast, or how a classifier leans.
NIGHTS_COMPARED = 7
APART = """
with heard as (
  select asof_ts from signals.forecasts where model_version = $1
  intersect select asof_ts from signals.forecasts where model_version = $2
  order by asof_ts desc limit $3
), said as (
  select distinct on (model_version, card_id, grade_code, horizon_days, asof_ts)
    model_version, card_id, grade_code, horizon_days, asof_ts, coalesce(q50, p_buy - p_sell) as x
  from signals.forecasts join heard using (asof_ts) where model_version in ($1, $2)
  order by model_version, card_id, grade_code, horizon_days, asof_ts, known_at desc
)
select horizon_days, count(distinct asof_ts)::int as nights, count(*)::int as rows,
  (min(asof_ts) at time zone 'UTC')::date - 1 as first_night,
  (max(asof_ts) at time zone 'UTC')::date - 1 as last_night,
  avg(abs(a.x - b.x)) as mean_apart, avg((sign(a.x) = sign(b.x))::int)::float8 as same_side
from said a join said b using (card_id, grade_code, horizon_days, asof_ts)
where a.model_version = $1 and b.model_version = $2
group by horizon_days order by horizon_days
"""


class PostgresModels:
    """The Models port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def models(self) -> Sequence[Model]:
        """Every version that was trained, by family, the newest first."""
        return [_model(row) for row in await self._database.fetch(MODELS, None)]

    async def page(self, version: str) -> ModelPage | None:
        """One version, or None."""
        for row in await self._database.fetch(MODELS, version):
            history = await self._database.fetch(HISTORY, version)
            return ModelPage(
                model=_model(row),
                history=tuple(StageChange(**change) for change in history),
                metrics=json.loads(row["metrics"]),
                artifact_key=row["artifact_key"],
                sha256=row["sha256"],
            )
        return None

    async def apart(self, one: str, other: str) -> Sequence[HorizonApart]:
        """By horizon how far two versions were apart on the newest nights that both spoke of."""
        rows = await self._database.fetch(APART, one, other, NIGHTS_COMPARED)
        return [HorizonApart(**row) for row in rows]


def _model(row: Mapping[str, Any]) -> Model:
    return Model(**{name: row[name] for name in Model.__dataclass_fields__})
