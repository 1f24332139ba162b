"""Holds a contest of simple forecasts out of fold, trains the trees where they won. Pure."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel.days import end_of
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.baselines import TREES, Baseline
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.contest import HorizonContest, hold_contest
from signals_svc.domain.costs import Costs
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold
from signals_svc.ports.forecasters import QuantileTrees
from signals_svc.usecases.forecasts_out_of_fold import (
    baselines_say,
    details,
    known_units,
    trees_out_of_fold,
)
from signals_svc.usecases.learn import (
    PARITY_LIMIT,
    PARITY_ROWS,
    History,
    ParityBroken,
    named_shares,
)
from signals_svc.usecases.learn_forecasts import TooShort, windows_of_history

REFERENCE: Baseline = "naive"  # what a winner is told beside: the last price again


@dataclass(frozen=True)
class BestBaselines:
    """A contest nobody has registered yet."""

    artifact: BaselineArtifact
    contests: tuple[HorizonContest, ...]
    rows: int


def learn_baselines(
    history: History, *, horizons: tuple[int, ...], costs: Costs, trees: QuantileTrees
) -> BestBaselines | TooShort:
    """Seconds of computing and no store."""
    found = windows_of_history(history, horizons)
    if isinstance(found, TooShort):
        return found
    examples, folds = found
    contests, details = _contests(examples, folds, trees, costs)
    graphs, parity, importance = _trained(examples, contests, trees)
    digest = hashlib.blake2b(examples.fingerprint.encode(), digest_size=4).hexdigest()
    artifact = BaselineArtifact(
        version=f"trees-{history.known_until:%Y%m%d}-{digest}",
        feature_version=FEATURE_VERSION,
        best={str(one.horizon_days): one.best for one in contests},
        inputs=NAMES,
        inputs_horizon_days=max(horizons),
        trained_through=end_of(history.known_until).isoformat(),
        data_fingerprint=examples.fingerprint,
        metrics={
            "verdict": "; ".join(f"{one.horizon_days} d: {one.words}" for one in contests),
            "horizons": {
                str(one.horizon_days): one.figures() | detail
                for one, detail in zip(contests, details, strict=True)
            },
            "importance": importance,
            "rows": len(examples),
            "parity": parity,
        },
        trees=graphs,
    )
    return BestBaselines(artifact, contests, len(examples))


def _contests(
    examples: ForecastExamples, folds: list[ForecastFold], trees: QuantileTrees, costs: Costs
) -> tuple[tuple[HorizonContest, ...], list[dict[str, Any]]]:
    """Outcomes by horizon, and what the model card tells of the winner beside the last price."""
    rows = np.concatenate([fold.test for fold in folds])
    answers = trees_out_of_fold(examples, folds, trees)
    contests, told = [], []
    for at, horizon in enumerate(examples.horizons):
        said = baselines_say(examples, rows, answers, at)
        contest = hold_contest(said, examples.outcomes[rows, at], horizon_days=horizon)
        contests.append(contest)
        told.append(details(examples, rows, at, said[contest.best], said[REFERENCE], costs))
    return tuple(contests), told


def _trained(
    examples: ForecastExamples, contests: tuple[HorizonContest, ...], trees: QuantileTrees
) -> tuple[dict[str, tuple[bytes, ...]], float, dict[str, float]]:
    """Graphs by horizon, of all that is known, how far they are off, and what the trees of the
    longest horizon read. Raises ParityBroken.
    """
    graphs: dict[str, tuple[bytes, ...]] = {}
    worst, importance = 0.0, dict[str, float]()
    every = np.arange(len(examples))
    checked = examples.inputs[:: max(1, len(examples) // PARITY_ROWS)][:PARITY_ROWS].copy()
    checked[::4, ::3] = np.nan
    for at, contest in enumerate(contests):
        if contest.best != TREES:
            continue
        known, units = known_units(examples, every, at)
        fitted = trees.fit(examples.inputs[known], units)
        graphs[str(contest.horizon_days)] = fitted.to_onnx()
        worst = max(worst, fitted.parity(graphs[str(contest.horizon_days)], checked))
        importance = named_shares(fitted.importance())
    if not worst <= PARITY_LIMIT:
        raise ParityBroken(worst)
    return graphs, worst, importance
