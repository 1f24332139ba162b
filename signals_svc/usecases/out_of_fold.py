"""Predicts each test week by models that saw none of its labels, and scores them."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.acceptance import FoldScore, prior_of
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.calibration import best_temperature, log_losses, tempered
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.examples import Examples
from signals_svc.domain.walk_forward import Fold
from signals_svc.ports.models import Trainer


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for the test rows by models that saw none of their weeks, in row order.

    `last` flags the rows of the last fold, `taught` those whose label was known when it began.
    """

    rows: Ints
    raw: Floats
    chances: Floats
    last: Flags
    taught: Flags
    scores: tuple[FoldScore, ...]


def out_of_fold(examples: Examples, folds: list[Fold], trainer: Trainer) -> OutOfFold:
    """Each fold is tempered by what was known of the folds before it when it began."""
    rows: list[Ints] = []
    raw: list[Floats] = []
    chances: list[Floats] = []
    scores: list[FoldScore] = []
    for fold in folds:
        model = trainer.fit(examples.inputs[fold.train], examples.labels[fold.train])
        past, seen = _matured(examples, rows, raw, fold.start_us)
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
    every = np.concatenate(rows)
    last = np.arange(len(every)) >= len(every) - len(rows[-1])
    return OutOfFold(
        rows=every,
        raw=np.concatenate(raw),
        chances=np.concatenate(chances),
        last=last,
        taught=~last & (examples.label_known_us[every] <= folds[-1].start_us),
        scores=tuple(scores),
    )


def _matured(
    examples: Examples, rows: list[Ints], raw: list[Floats], start_us: int
) -> tuple[Floats, Ints]:
    """Raw predictions of the folds so far and their labels, as far as these were known then."""
    if not rows:
        return np.empty((0, len(ACTIONS))), np.empty(0, np.int64)
    every = np.concatenate(rows)
    known = examples.label_known_us[every] <= start_us
    return np.concatenate(raw)[known], examples.labels[every[known]]
