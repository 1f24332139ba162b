"""Purged, embargoed walk-forward folds over as-of days: no label of the past reaches a test day."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Ints
from signals_svc.domain.labels import DAY_US

FOLDS = 4
MIN_TRAIN_DAYS = 112  # from the first as-of day to the first test day's embargo


@dataclass(frozen=True)
class Fold:
    """Which rows train and which are tested; the labels of `train` were known at `start_us`."""

    train: Flags
    test: Flags
    start_us: int


def folds_of(days: Ints, label_known_us: Ints, *, horizon_days: int) -> list[Fold]:
    """As-of day and moment of the label of each row. Test blocks follow each other; none if short.

    A row trains only where its label was known when the first test day began: an embargo of the
    horizon, and of as long as the prices of the outcome took to be told.
    """
    distinct = np.unique(days)
    tested = distinct[distinct > distinct[:1] + MIN_TRAIN_DAYS + horizon_days]
    if len(tested) < FOLDS:
        return []
    return [_fold(days, label_known_us, block) for block in np.array_split(tested, FOLDS)]


def _fold(days: Ints, label_known_us: Ints, block: Ints) -> Fold:
    start_us = int(block[0]) * DAY_US
    return Fold(
        train=label_known_us <= start_us,
        test=(days >= block[0]) & (days <= block[-1]),
        start_us=start_us,
    )
