"""What the jobs work with, and the day they take where none is said."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.errors import Rejected
from kernel.expectations import Expectation
from signals_svc.domain.acceptance import ClassifierPolicy
from signals_svc.domain.decision import Policy
from signals_svc.domain.forecast_gate import ForecastPolicy
from signals_svc.domain.measures import MonitoringPolicy
from signals_svc.ports.forecasters import ForecastTrainer, QuantileTrees
from signals_svc.ports.models import ArtifactStore, Trainer
from signals_svc.ports.monitoring import RunSuite
from signals_svc.ports.outbox import FlipTopic, SignalCache
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.ports.truncation import TruncatedStore
from signals_svc.usecases.judge_night import Speech


class NoDay(Rejected):
    """There is nothing to take a day from."""

    def __init__(self) -> None:
        super().__init__("no night has signals yet, so say the day: --date 2026-09-30")


@dataclass(frozen=True)
class Workshop:
    """What the jobs work with; the composition root fills it."""

    stores: Callable[[], AbstractContextManager[Stores]]
    loaders: Loaders
    cache: SignalCache | None
    topic: Callable[[], FlipTopic] | None
    artifacts: Callable[[], ArtifactStore]
    trainer: Callable[[], Trainer]
    forecast_trainer: Callable[[], ForecastTrainer]
    trees: Callable[[], QuantileTrees]
    forecast_policy: Callable[[], ForecastPolicy]
    classifier_policy: Callable[[], ClassifierPolicy]
    monitoring_policy: Callable[[], MonitoringPolicy]
    suite: Callable[[], Sequence[Expectation]]  # of the table of features
    run_suite: RunSuite
    policy: Policy
    horizons: tuple[int, ...]
    shown_horizon: int
    signals_not_before: timedelta
    truncated: TruncatedStore | None = None

    @property
    def speech(self) -> Speech:
        """How nights are judged."""
        return Speech(self.policy, self.horizons, self.shown_horizon, self.loaders)


def day_or_latest(stores: Stores, day: date | None) -> date:
    """The one asked for, else the latest night. Raises NoDay."""
    known_until = day or stores.signals.latest_night()
    if known_until is None:
        raise NoDay
    return known_until
