"""Holds a contest of simple forecasts out of fold, trains the trees where they won. Pure."""

import hashlib
from dataclasses import dataclass

import numpy as np

from kernel.days import end_of
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.baselines import TREES
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.contest import HorizonContest, hold_contest
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold
from signals_svc.ports.forecasters import QuantileTrees
from signals_svc.usecases.forecasts_out_of_fold import (
    baselines_say,
    known_units,
    trees_out_of_fold,
)
from signals_svc.usecases.learn import PARITY_LIMIT, PARITY_ROWS, History, ParityBroken
from signals_svc.usecases.learn_forecasts import TooShort, windows_of_history


@dataclass(frozen=True)
class BestBaselines:
    """A contest nobody has registered yet."""

    artifact: BaselineArtifact
    contests: tuple[HorizonContest, ...]
    rows: int


def learn_baselines(
    history: History, *, horizons: tuple[int, ...], trees: QuantileTrees
) -> BestBaselines | TooShort:
    """Seconds of computing and no store."""
    found = windows_of_history(history, horizons)
    if isinstance(found, TooShort):
        return found
    examples, folds = found
    contests = _contests(examples, folds, trees)
    graphs, parity = _trained(examples, contests, trees)
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
            "horizons": {str(one.horizon_days): one.figures() for one in contests},
            "rows": len(examples),
            "parity": parity,
        },
        trees=graphs,
    )
    return BestBaselines(artifact, contests, len(examples))


def _contests(
    examples: ForecastExamples, folds: list[ForecastFold], trees: QuantileTrees
) -> tuple[HorizonContest, ...]:
    rows = np.concatenate([fold.test for fold in folds])
    said = trees_out_of_fold(examples, folds, trees)
    return tuple(
        hold_contest(
            baselines_say(examples, rows, said, at),
            examples.outcomes[rows, at],
            horizon_days=horizon,
        )
        for at, horizon in enumerate(examples.horizons)
    )


def _trained(
    examples: ForecastExamples, contests: tuple[HorizonContest, ...], trees: QuantileTrees
) -> tuple[dict[str, tuple[bytes, ...]], float]:
    """Graphs by horizon, of all that is known, and how far they are off. Raises ParityBroken."""
    graphs: dict[str, tuple[bytes, ...]] = {}
    worst = 0.0
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
    if not worst <= PARITY_LIMIT:
        raise ParityBroken(worst)
    return graphs, worst
