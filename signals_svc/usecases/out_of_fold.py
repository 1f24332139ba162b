"""Predicts each test week by models that saw none of its labels, and scores them."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.acceptance import FoldScore, prior_of
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.calibration import best_temperature, log_losses, tempered
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.examples import Examples
from signals_svc.domain.walk_forward import Fold
from signals_svc.ports.models import Trainer


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for the test rows by models that saw none of their weeks, in row order."""

    rows: Ints
    raw: Floats
    chances: Floats
    scores: tuple[FoldScore, ...]


def out_of_fold(examples: Examples, folds: list[Fold], trainer: Trainer) -> OutOfFold:
    """Each fold is tempered by what the folds before it taught; the first is taken as it is."""
    rows: list[Ints] = []
    raw: list[Floats] = []
    chances: list[Floats] = []
    scores: list[FoldScore] = []
    for fold in folds:
        model = trainer.fit(examples.inputs[fold.train], examples.labels[fold.train])
        seen = examples.labels[np.concatenate(rows)] if rows else np.empty(0, np.int64)
        past = np.concatenate(raw) if raw else np.empty((0, len(ACTIONS)))
        test = np.flatnonzero(fold.test)
        raw.append(model.chances(examples.inputs[test]))
        chances.append(tempered(raw[-1], best_temperature(past, seen)))
        rows.append(test)
        prior = prior_of(examples.labels[fold.train])
        labels = examples.labels[test]
        scores.append(
            FoldScore(
                rows=len(test),
                model=float(log_losses(chances[-1], labels).mean()),
                prior=float(-np.log(prior[labels]).mean()),
            )
        )
    return OutOfFold(
        np.concatenate(rows), np.concatenate(raw), np.concatenate(chances), tuple(scores)
    )
