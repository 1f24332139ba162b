"""The rows of models and of decisions about them, whatever the family: all their SQL."""

import json
from datetime import datetime

import psycopg

from kernel.errors import Conflict
from signals_svc.ports.models import Family, RegisteredModel, ServingModel, Stage

FOREVER = "infinity"

DECIDED_LAST = """
select m.model_version, m.trained_through, m.feature_version, m.artifact_key, m.sha256
from signals.promotions p join signals.models m using (model_version)
where p.family = %(family)s and p.stage = %(stage)s and m.trained_through <= %(moment)s
order by p.at desc, p.promotion_id desc limit 1
"""

REGISTER = """
insert into signals.models
  (model_version, family, created_at, trained_through, feature_version, artifact_key, sha256,
   metrics)
values (%(version)s, %(family)s, %(now)s, %(trained_through)s, %(feature_version)s,
  %(artifact_key)s, %(sha256)s, %(metrics)s)
on conflict (model_version) do nothing
"""


class VersionTaken(Conflict):
    """A version is immutable, and this one names another artifact."""

    def __init__(self, version: str) -> None:
        super().__init__(f"{version} is registered with other bytes; versions never change")
        self.version = version


def decided_last(
    connection: psycopg.Connection, family: Family, stage: Stage, *, trained_by: datetime | None
) -> ServingModel | None:
    """The version that entered the stage last, of those that learned nothing after the moment."""
    values = {"family": family, "stage": stage, "moment": trained_by or FOREVER}
    row = connection.execute(DECIDED_LAST, values).fetchone()
    return ServingModel(*row) if row else None


def registered(
    connection: psycopg.Connection, family: Family, version: str
) -> RegisteredModel | None:
    """A version, or None."""
    row = connection.execute(
        "select model_version, trained_through, feature_version, artifact_key, sha256, metrics"
        " from signals.models where model_version = %s and family = %s",
        (version, family),
    ).fetchone()
    return RegisteredModel(ServingModel(*row[:5]), row[5]) if row else None


def register(
    connection: psycopg.Connection, family: Family, model: RegisteredModel, *, now: datetime
) -> bool:
    """Add a version; False where the very same is there. Raises VersionTaken for another."""
    values = {
        **model.serving._asdict(),
        "family": family,
        "metrics": json.dumps(model.metrics),
        "now": now,
    }
    if connection.execute(REGISTER, values).rowcount:
        return True
    there = registered(connection, family, model.serving.version)
    if there is None or there.serving.sha256 != model.serving.sha256:
        raise VersionTaken(model.serving.version)
    return False


def decide(
    connection: psycopg.Connection,
    family: Family,
    version: str,
    *,
    stage: Stage,
    now: datetime,
    reason: str,
) -> None:
    """Append a decision about a version."""
    connection.execute(
        "insert into signals.promotions (family, model_version, stage, at, actor, reason)"
        " values (%s, %s, %s, %s, current_user, %s)",
        (family, version, stage, now, reason),
    )
