"""Judges simple forecasts and trees on the bars of one kind and set; registers nothing."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.bars import rows
from signals_svc.domain.baselines import TREES
from signals_svc.domain.costs import Costs
from signals_svc.domain.forecast_gate import ForecastPolicy
from signals_svc.ports.forecasters import QuantileTrees
from signals_svc.usecases.learn import History
from signals_svc.usecases.learn_baselines import BestBaselines, learn_baselines
from signals_svc.usecases.learn_forecasts import TooShort


@dataclass(frozen=True)
class DataJudged:
    """Of one horizon, out of fold: the trees' skill against each baseline, and all losses.

    `top_net` is what the trees' first tenth of each week earned at the next sale, fees of both
    sides paid, `all_net` what everything did; None where nobody could buy before the outcome.
    """

    horizon_days: int
    rows: int
    best: str
    pinball: dict[str, float]
    skill: dict[str, float]
    coverage: dict[str, float]
    rank_ic: tuple[float, float | None, float | None] | None
    top_net: float | None
    all_net: float | None


def only(history: History, *, kind: int | None, set_id: str | None) -> History:
    """The bars of one kind (its place in KINDS) and one set; None is any."""
    versions = history.versions
    kept = np.ones(len(versions.day), np.bool_)
    if kind is not None:
        kept &= versions.kind == kind
    if set_id is not None:
        facts = [history.catalog.get(one.card_id) for one in versions.instruments]
        mine = np.array([fact is not None and fact.set_id == set_id for fact in facts], np.bool_)
        kept &= mine[versions.slot]
    return History(history.known_until, rows(versions, np.flatnonzero(kept)), history.catalog)


def judge_data(
    history: History,
    *,
    horizons: tuple[int, ...],
    policy: ForecastPolicy,
    costs: Costs,
    trees: QuantileTrees,
) -> tuple[DataJudged, ...] | TooShort:
    """As a contest is held, on weeks that nobody had learned from."""
    learned = learn_baselines(history, horizons=horizons, policy=policy, costs=costs, trees=trees)
    if isinstance(learned, TooShort):
        return learned
    return tuple(_judged(learned, at) for at in range(len(horizons)))


def _judged(learned: BestBaselines, at: int) -> DataJudged:
    contest = learned.contests[at]
    bought = learned.artifact.metrics["horizons"][str(contest.horizon_days)]["bought"]
    ours, ranks = contest.pinball[TREES], contest.bought_ic
    return DataJudged(
        horizon_days=contest.horizon_days,
        rows=contest.rows,
        best=contest.best,
        pinball=dict(contest.pinball),
        skill={name: 1.0 - ours / loss for name, loss in contest.pinball.items() if name != TREES},
        coverage=dict(contest.coverage),
        rank_ic=None if ranks is None else (ranks.value, ranks.low, ranks.high),
        top_net=bought["top_net"] if bought else None,
        all_net=bought["all_net"] if bought else None,
    )
