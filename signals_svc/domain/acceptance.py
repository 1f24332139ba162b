"""Whether a classifier has earned to serve: out-of-fold log-loss against the class prior's."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.decision import ACTIONS

# Share of the prior's log-loss to save out of fold; less could be luck of overlapping labels.
MIN_GAIN = 0.01
MIN_BETTER_FOLDS = 3  # of walk_forward.FOLDS


@dataclass(frozen=True)
class FoldScore:
    """Mean log-losses in nats on the test rows of one fold."""

    rows: int
    model: float
    prior: float

    @property
    def gain(self) -> float:
        """How much less than the prior's, in nats."""
        return self.prior - self.model


@dataclass(frozen=True)
class Verdict:
    """The decision with the numbers it rests on."""

    accepted: bool
    model: float
    prior: float
    folds: tuple[FoldScore, ...]
    words: str


def prior_of(labels: Ints) -> Floats:
    """Class frequencies with one more of each, so that none is impossible."""
    counts = np.bincount(labels, minlength=len(ACTIONS)) + 1.0
    prior: Floats = counts / counts.sum()
    return prior


def judge_folds(folds: tuple[FoldScore, ...]) -> Verdict:
    """Better than the prior by MIN_GAIN over all rows and better at all in most folds."""
    rows = sum(fold.rows for fold in folds)
    model = sum(fold.model * fold.rows for fold in folds) / rows
    prior = sum(fold.prior * fold.rows for fold in folds) / rows
    better = sum(fold.gain > 0 for fold in folds)
    gain = (prior - model) / prior
    accepted = gain >= MIN_GAIN and better >= MIN_BETTER_FOLDS
    words = (
        f"out-of-fold log-loss {model:.4f} against the prior's {prior:.4f}:"
        f" {100 * gain:+.1f} % (needs {100 * MIN_GAIN:+.1f} %),"
        f" better in {better} of {len(folds)} folds (needs {MIN_BETTER_FOLDS})"
    )
    return Verdict(accepted, model, prior, folds, words)
