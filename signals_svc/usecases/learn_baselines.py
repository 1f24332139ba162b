"""Holds a contest of simple forecasts out of fold, trains the trees where they won. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel.days import end_of
from signals_svc.domain.analogues import Library, spread_over, traits_of
from signals_svc.domain.arrays import Floats
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.baselines import TREES, Baseline
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.contest import HorizonContest, hold_contest
from signals_svc.domain.costs import Costs
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold
from signals_svc.domain.forecast_gate import ForecastPolicy
from signals_svc.domain.seen_inputs import Seen, seen_inputs
from signals_svc.ports.forecasters import QuantileTrees, TrainedTrees
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
from signals_svc.usecases.learn_forecasts import TooShort, digest_of, windows_of_history
from signals_svc.usecases.past_of_trees import past_of_trees

REFERENCE: Baseline = "naive"  # what a winner is told beside: the last price again


@dataclass(frozen=True)
class BestBaselines:
    """A contest nobody has registered yet."""

    artifact: BaselineArtifact
    contests: tuple[HorizonContest, ...]
    rows: int
    seen: Seen


def learn_baselines(
    history: History,
    *,
    horizons: tuple[int, ...],
    policy: ForecastPolicy,
    costs: Costs,
    trees: QuantileTrees,
    read_at: int | None = None,
) -> BestBaselines | TooShort:
    """Seconds of computing and no store.

    With `read_at`, the horizon of classifiers, the trees are heard at every horizon, and what they
    said out of fold is kept for classifiers to learn from.
    """
    found = windows_of_history(history, horizons)
    if isinstance(found, TooShort):
        return found
    examples, folds = found
    answers = trees_out_of_fold(examples, folds, trees)
    contests, details = _contests(examples, folds, answers, policy, costs)
    fitted = _fitted(examples, contests, trees, every=read_at is not None)
    past = None
    if read_at is not None:
        named = history.versions.instruments
        past = past_of_trees(examples, named, folds, answers, trees, horizon_days=read_at)
    graphs = {horizon: one.to_onnx() for horizon, one in fitted.items()}
    parity = _parity(examples, fitted, graphs)
    longest = fitted.get(str(max(horizons)))
    digest = digest_of(examples)
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
            "importance": named_shares(longest.importance()) if longest else {},
            "rows": len(examples),
            "parity": parity,
        },
        trees=graphs,
        paths={horizon: one.middle_paths().to_bytes() for horizon, one in fitted.items()},
        analogues=_library(examples, history).to_bytes(),
        past=None if past is None else past.to_bytes(),
    )
    seen = seen_inputs(examples.inputs, horizon_days=max(horizons))
    return BestBaselines(artifact, contests, len(examples), seen)


def _contests(
    examples: ForecastExamples,
    folds: list[ForecastFold],
    answers: Floats,
    policy: ForecastPolicy,
    costs: Costs,
) -> tuple[tuple[HorizonContest, ...], list[dict[str, Any]]]:
    """Outcomes by horizon, and what the model card tells of the winner beside the last price."""
    rows = np.concatenate([fold.test for fold in folds])
    contests, told = [], []
    for at in range(len(examples.horizons)):
        said = baselines_say(examples, rows, answers, at)
        contest = hold_contest(
            examples.decisions(rows, at),
            said,
            examples.outcomes[rows, at],
            examples.entries[rows],
            least_bought_ic=policy.least_bought_ic,
        )
        contests.append(contest)
        learned, best = (
            details(examples, rows, at, said[name], said[REFERENCE], costs)
            for name in (TREES, contest.best)
        )
        told.append(best | {"bought": learned["bought"]})
    return tuple(contests), told


def _fitted(
    examples: ForecastExamples,
    contests: tuple[HorizonContest, ...],
    trees: QuantileTrees,
    *,
    every: bool,
) -> dict[str, TrainedTrees]:
    """By horizon that the trees won, or by every one: trained on all that is known."""
    rows = np.arange(len(examples))
    fitted = {}
    for at, contest in enumerate(contests):
        if every or contest.best == TREES:
            known, units = known_units(examples, rows, at)
            fitted[str(contest.horizon_days)] = trees.fit(examples.inputs[known], units)
    return fitted


def _parity(
    examples: ForecastExamples,
    fitted: Mapping[str, TrainedTrees],
    graphs: Mapping[str, tuple[bytes, ...]],
) -> float:
    """How far any export is off. Raises ParityBroken."""
    checked = examples.inputs[:: max(1, len(examples) // PARITY_ROWS)][:PARITY_ROWS].copy()
    checked[::4, ::3] = np.nan
    apart = [one.parity(graphs[horizon], checked) for horizon, one in fitted.items()]
    worst = max(apart, default=0.0)
    if not worst <= PARITY_LIMIT:
        raise ParityBroken(worst)
    return worst


def _library(examples: ForecastExamples, history: History) -> Library:
    """Cases whose outcome over the longest horizon is known, spread over all weeks."""
    outcomes = examples.outcomes[:, -1]
    rows = spread_over(np.flatnonzero(np.isfinite(outcomes)))
    named = [history.versions.instruments[slot] for slot in examples.slots[rows]]
    return Library(
        cards=np.array([one.card_id for one in named], np.str_),
        grades=np.array([one.grade_code for one in named], np.str_),
        days=examples.days[rows],
        traits=traits_of(examples.inputs[rows]),
        outcomes=outcomes[rows],
    )
