"""Registered models of one transaction, and the history of their stages: all their SQL."""

import json
from datetime import datetime

import psycopg

from kernel.errors import Conflict
from signals_svc.ports.models import (
    Decision,
    Family,
    ModelInStage,
    RegisteredModel,
    ServingModel,
    Speakers,
)

FOREVER = "infinity"

# The newest word on a version is its stage; of several in one stage the last to enter it counts.
SPEAKERS = """
with newest as (
  select distinct on (model_version) model_version, stage, canary_percent, at, promotion_id
  from signals.promotions where family = %(family)s
  order by model_version, at desc, promotion_id desc)
select distinct on (n.stage) n.stage, n.canary_percent,
  m.model_version, m.trained_through, m.feature_version, m.artifact_key, m.sha256
from newest n join signals.models m using (model_version)
where n.stage in ('shadow', 'canary', 'production') and m.trained_through <= %(moment)s
order by n.stage, n.at desc, n.promotion_id desc
"""

REGISTERED = """
select m.family, m.model_version, m.trained_through, m.feature_version, m.artifact_key, m.sha256,
  m.metrics, coalesce(p.stage, 'staging'), p.canary_percent
from signals.models m
left join lateral (
  select stage, canary_percent from signals.promotions
  where model_version = m.model_version order by at desc, promotion_id desc limit 1) p on true
where m.model_version = %s
"""

REGISTER = """
insert into signals.models
  (model_version, family, created_at, trained_through, feature_version, artifact_key, sha256,
   metrics, seen)
values (%(version)s, %(family)s, %(now)s, %(trained_through)s, %(feature_version)s,
  %(artifact_key)s, %(sha256)s, %(metrics)s, %(seen)s)
on conflict (model_version) do nothing
"""

REGISTER_FIXED = """
insert into signals.models (model_version, family, created_at, trained_through, feature_version)
values (%s, %s, now(), '-infinity', %s) on conflict (model_version) do nothing
"""

DECIDE = """
insert into signals.promotions (family, model_version, stage, at, actor, reason, canary_percent)
select family, model_version, %(stage)s, %(now)s, coalesce(%(actor)s, current_user), %(reason)s,
  %(canary_percent)s
from signals.models where model_version = %(version)s
"""

# From night to night by the index: a version of years has thousands of rows a night.
NIGHTS = """
with recursive nights as (
  select min(asof_ts) as night from signals.forecasts where model_version = %(version)s
  union all
  select (select min(asof_ts) from signals.forecasts
    where model_version = %(version)s and asof_ts > night) from nights where night is not null)
select count(night) from nights
"""


class VersionTaken(Conflict):
    """A version is immutable, and this one names another artifact."""

    def __init__(self, version: str) -> None:
        super().__init__(f"{version} is registered with other bytes; versions never change")
        self.version = version


class Models:
    """Port ModelStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def ensure_fixed(self, versions: dict[str, Family], *, feature_version: str) -> None:
        """Register the forecasts that nobody trains, once. They have seen no data."""
        with self._connection.cursor() as cursor:
            rows = [(version, family, feature_version) for version, family in versions.items()]
            cursor.executemany(REGISTER_FIXED, rows)

    def speakers(self, family: Family, *, trained_by: datetime | None = None) -> Speakers:
        """By stage the version that entered it last, of those that learned nothing after."""
        values = {"family": family, "moment": trained_by or FOREVER}
        rows = self._connection.execute(SPEAKERS, values).fetchall()
        found = {stage: ServingModel(*model) for stage, _, *model in rows}
        percent = next((percent for stage, percent, *_ in rows if stage == "canary"), 0)
        return Speakers(
            production=found.get("production"),
            canary=found.get("canary"),
            canary_percent=percent,
            shadow=found.get("shadow"),
        )

    def registered(self, version: str) -> ModelInStage | None:
        """A version and its stage, or None."""
        row = self._connection.execute(REGISTERED, (version,)).fetchone()
        if row is None:
            return None
        family, *serving = row[:6]
        metrics, stage, percent = row[6:]
        return ModelInStage(family, ServingModel(*serving), metrics, stage, percent)

    def register(self, family: Family, model: RegisteredModel, *, now: datetime) -> bool:
        """Add a version, in staging; False where the very same is there. Raises VersionTaken."""
        version = model.serving.version
        values = {
            **model.serving._asdict(),
            "family": family,
            "metrics": json.dumps(model.metrics),
            "seen": json.dumps(model.seen),
            "now": now,
        }
        if self._connection.execute(REGISTER, values).rowcount:
            self.decide(version, Decision("staging", "registered"), now=now)
            return True
        there = self.registered(version)
        if there is None or there.serving.sha256 != model.serving.sha256:
            raise VersionTaken(version)
        return False

    def decide(self, version: str, decision: Decision, *, now: datetime) -> None:
        """Append a decision about a version."""
        self._connection.execute(DECIDE, {**decision._asdict(), "version": version, "now": now})

    def nights_heard(self, version: str) -> int:
        """Nights whose forecasts by this version are stored."""
        (count,) = self._connection.execute(NIGHTS, {"version": version}).fetchone() or (0,)
        return int(count)
