"""A contest in the shadow whose trees see no change: what classifiers of tests read."""

from dataclasses import dataclass

import numpy as np

from kernel.days import end_of
from kernel.db.session import job_transaction
from signals_svc.adapters.models import Models
from signals_svc.domain.analogues import Library
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.ports.models import Decision, RegisteredModel, ServingModel
from signals_svc.settings import SignalsSettings
from tests.signals_svc.market_builder import FIRST_DAY

TREES_READ = "trees-0"


@dataclass(frozen=True)
class StillTrees:
    """Port Baselines. It has won nothing."""

    version: str
    inputs_horizon_days: int = 90
    learned: tuple[int, ...] = (90,)
    past: PastForecasts | None = None

    def best(self, horizon_days: int) -> str | None:
        return None

    def trees(self, inputs: Singles, horizon_days: int) -> Floats:
        return np.tile((-0.1, 0.0, 0.1), (len(inputs), 1))

    def moved(self, inputs: Singles, horizon_days: int) -> Floats:
        return np.zeros(inputs.shape)

    @property
    def library(self) -> Library:
        texts, none = np.empty(0, np.str_), np.empty(0)
        return Library(texts, texts, np.empty(0, np.int64), np.empty((0, 8), np.float32), none)


class StillContests:
    """Port BaselinesLoader."""

    def load_baselines(self, model: ServingModel) -> StillTrees:
        return StillTrees(model.version)


def register_trees_to_read() -> None:
    """Again it changes nothing."""
    key = f"baseline/{TREES_READ}.zip"
    model = ServingModel(TREES_READ, end_of(FIRST_DAY), FEATURE_VERSION, key, "0")
    metrics = {"verdict": "90 d: naive"}
    with job_transaction(SignalsSettings().database_url) as connection:
        models = Models(connection)
        if models.register("baseline", RegisteredModel(model, metrics), now=end_of(FIRST_DAY)):
            models.decide(TREES_READ, Decision("shadow", "to be read"), now=end_of(FIRST_DAY))
