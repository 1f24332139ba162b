"""Registered classifiers and forecasters of one transaction."""

from datetime import datetime

import psycopg

from signals_svc.adapters import registry
from signals_svc.ports.models import RegisteredModel, ServingModel, Stage


class Models:
    """Port ModelStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def ensure_ewma(self, version: str, *, feature_version: str, now: datetime) -> None:
        """Register the fixed forecast, once. It has seen no data."""
        self._connection.execute(
            "insert into signals.models"
            " (model_version, family, created_at, trained_through, feature_version)"
            " values (%s, 'ewma', %s, '-infinity', %s) on conflict (model_version) do nothing",
            (version, now, feature_version),
        )

    def production(self, *, trained_by: datetime | None = None) -> ServingModel | None:
        """The classifier promoted last, of those that learned nothing after the moment if given."""
        return registry.decided_last(
            self._connection, "classifier", "production", trained_by=trained_by
        )

    def classifier(self, version: str) -> RegisteredModel | None:
        """A registered classifier, or None."""
        return registry.registered(self._connection, "classifier", version)

    def register(self, model: RegisteredModel, *, now: datetime) -> bool:
        """Add a classifier; False where the very same is there. Raises Conflict for another."""
        return registry.register(self._connection, "classifier", model, now=now)

    def decide(self, version: str, *, stage: Stage, now: datetime, reason: str) -> None:
        """Append a decision about a classifier."""
        registry.decide(
            self._connection, "classifier", version, stage=stage, now=now, reason=reason
        )


class ForecasterModels:
    """Port ForecasterStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def shadow(self, *, trained_by: datetime) -> ServingModel | None:
        """The forecaster that entered the shadow last and learned nothing after the moment."""
        return registry.decided_last(self._connection, "tft", "shadow", trained_by=trained_by)

    def register(self, model: RegisteredModel, *, now: datetime, reason: str) -> bool:
        """Add a forecaster, in the shadow; False where the very same is there. Raises Conflict."""
        new = registry.register(self._connection, "tft", model, now=now)
        if new:
            version = model.serving.version
            registry.decide(
                self._connection, "tft", version, stage="shadow", now=now, reason=reason
            )
        return new
