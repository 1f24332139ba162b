"""Registered models and promotions: all their SQL."""

import json
from datetime import datetime
from typing import Literal

import psycopg

from kernel.errors import Conflict
from signals_svc.ports.models import RegisteredClassifier, ServingModel

EWMA_FAMILY = "ewma"
CLASSIFIER_FAMILY = "classifier"
FOREVER = "infinity"

PRODUCTION = """
select m.model_version, m.trained_through, m.feature_version, m.artifact_key, m.sha256
from signals.promotions p join signals.models m using (model_version)
where p.family = %(family)s and p.stage = 'production' and m.trained_through <= %(moment)s
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


class Models:
    """Port ModelStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def ensure_ewma(self, version: str, *, feature_version: str, now: datetime) -> None:
        """Register the fixed forecast, once. It has seen no data."""
        self._connection.execute(
            "insert into signals.models"
            " (model_version, family, created_at, trained_through, feature_version)"
            " values (%s, %s, %s, '-infinity', %s) on conflict (model_version) do nothing",
            (version, EWMA_FAMILY, now, feature_version),
        )

    def production(self, *, trained_by: datetime | None = None) -> ServingModel | None:
        """The classifier promoted last, of those that learned nothing after the moment if given."""
        values = {"family": CLASSIFIER_FAMILY, "moment": trained_by or FOREVER}
        row = self._connection.execute(PRODUCTION, values).fetchone()
        return ServingModel(*row) if row else None

    def classifier(self, version: str) -> RegisteredClassifier | None:
        """A registered classifier, or None."""
        row = self._connection.execute(
            "select model_version, trained_through, feature_version, artifact_key, sha256, metrics"
            " from signals.models where model_version = %s and family = %s",
            (version, CLASSIFIER_FAMILY),
        ).fetchone()
        return RegisteredClassifier(ServingModel(*row[:5]), row[5]) if row else None

    def register(self, model: RegisteredClassifier, *, now: datetime) -> bool:
        """Add a classifier; False where the very same is there. Raises Conflict for another."""
        values = {
            **model.serving._asdict(),
            "family": CLASSIFIER_FAMILY,
            "metrics": json.dumps(model.metrics),
            "now": now,
        }
        if self._connection.execute(REGISTER, values).rowcount:
            return True
        there = self.classifier(model.serving.version)
        if there is None or there.serving.sha256 != model.serving.sha256:
            raise VersionTaken(model.serving.version)
        return False

    def decide(
        self, version: str, *, stage: Literal["production", "rejected"], now: datetime, reason: str
    ) -> None:
        """Append a decision about a classifier."""
        self._connection.execute(
            "insert into signals.promotions (family, model_version, stage, at, actor, reason)"
            " values (%s, %s, %s, %s, current_user, %s)",
            (CLASSIFIER_FAMILY, version, stage, now, reason),
        )
