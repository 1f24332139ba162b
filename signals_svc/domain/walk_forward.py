"""Purged, embargoed walk-forward folds over as-of days: no label of the past reaches a test day."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Ints
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.labels import DAY_US

FOLDS = 4
MIN_CLASS_ROWS = 50  # of each label before the first test day; fewer cannot be told apart
MIN_TRAIN_DAYS = 112  # from the first as-of day to the first test day's embargo


@dataclass(frozen=True)
class Fold:
    """Which rows train and which are tested; the labels of `train` were known at `start_us`."""

    train: Flags
    test: Flags
    start_us: int


def folds_of(days: Ints, labels: Ints, label_known_us: Ints, *, horizon_days: int) -> list[Fold]:
    """As-of day, label and its moment of each row. Test blocks follow each other; none if short.

    A row trains only where its label was known when the first test day began: an embargo of the
    horizon, and of as long as the prices of the outcome took to be told. Testing begins once
    MIN_CLASS_ROWS of each label were known: years of a few old sales do not make a first fold.
    """
    distinct = np.unique(days)
    taught_us = enough_known_us(labels, label_known_us)
    long_enough = distinct > distinct[:1] + MIN_TRAIN_DAYS + horizon_days
    tested = distinct[long_enough & (distinct * DAY_US >= taught_us)] if taught_us else distinct[:0]
    if len(tested) < FOLDS:
        return []
    return [_fold(days, label_known_us, block) for block in np.array_split(tested, FOLDS)]


def enough_known_us(labels: Ints, label_known_us: Ints) -> int | None:
    """When MIN_CLASS_ROWS of every label were known; None where they never are."""
    known = [np.sort(label_known_us[labels == code]) for code in range(len(ACTIONS))]
    if min(map(len, known)) < MIN_CLASS_ROWS:
        return None
    return max(int(moments[MIN_CLASS_ROWS - 1]) for moments in known)


def _fold(days: Ints, label_known_us: Ints, block: Ints) -> Fold:
    start_us = int(block[0]) * DAY_US
    return Fold(
        train=label_known_us <= start_us,
        test=(days >= block[0]) & (days <= block[-1]),
        start_us=start_us,
    )
