"""Purged, embargoed walk-forward folds over as-of days: no label of the past reaches a test day."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Flags, Ints

FOLDS = 4
MIN_TRAIN_DAYS = 112  # from the first as-of day to the first test day's embargo


@dataclass(frozen=True)
class Fold:
    """Which rows train and which are tested; all as-of days of the test follow the embargo."""

    train: Flags
    test: Flags


def folds_of(days: Ints, *, horizon_days: int) -> list[Fold]:
    """`days` holds the as-of day of each row. Test blocks follow each other; none if too short.

    A row trains only where its label, which takes the whole horizon to be known, was known before
    the first test day: an embargo of at least the horizon.
    """
    distinct = np.unique(days)
    tested = distinct[distinct > distinct[:1] + MIN_TRAIN_DAYS + horizon_days]
    if len(tested) < FOLDS:
        return []
    return [_fold(days, block, horizon_days) for block in np.array_split(tested, FOLDS)]


def _fold(days: Ints, block: Ints, horizon_days: int) -> Fold:
    return Fold(
        train=days + horizon_days < block[0],
        test=(days >= block[0]) & (days <= block[-1]),
    )
