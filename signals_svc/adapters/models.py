"""Registered models and promotions: all their SQL."""

from datetime import datetime

import psycopg

from signals_svc.ports import ServingModel

EWMA_FAMILY = "ewma"
CLASSIFIER_FAMILY = "classifier"

# The newest word about the family counts: a retired model leaves nobody in production.
PRODUCTION = """
select m.model_version, m.trained_through, m.feature_version, m.artifact_key, m.sha256
from (
  select model_version, stage from signals.promotions
  where family = %(family)s and stage <> 'rejected'
  order by at desc, promotion_id desc limit 1) newest
join signals.models m using (model_version)
where newest.stage = 'production'
"""


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

    def production(self) -> ServingModel | None:
        """The classifier in production, its artifact not yet loaded."""
        row = self._connection.execute(PRODUCTION, {"family": CLASSIFIER_FAMILY}).fetchone()
        return ServingModel(*row) if row else None
