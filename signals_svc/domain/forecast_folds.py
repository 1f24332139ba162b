"""Purged walk-forward folds of windows, and the rows that stop a training early."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Ints
from signals_svc.domain.labels import DAY_US
from signals_svc.domain.weekly import WEEK_DAYS

FOLDS = 2
TESTED_SHARE = 1 / 3  # of the weeks, the newest ones
MOST_TESTED_WEEKS = 104
MIN_TRAIN_WEEKS = 20
MIN_TRAIN_ROWS = 1_000
CHECK_SHARE = 0.15  # of the weeks of a training, its newest ones
EARLIER_WEEKS = 10  # of a block before the tested weeks: each costs a training
MOST_EARLIER = 6
EMBARGO_DAYS = 4 * WEEK_DAYS  # between what trains and what stops it; neighbours overlap

MOST_TRAINED = 2_500  # rows an epoch: windows of neighbouring weeks tell nearly the same
MOST_CHECKED = 1_000
SEED = 20240229


@dataclass(frozen=True)
class ForecastFold:
    """Places of rows; everything about `train` was known at `start_us`, when `test` begins."""

    train: Ints
    test: Ints
    start_us: int


def forecast_folds(days: Ints, known_us: Ints) -> list[ForecastFold]:
    """Test blocks follow each other, oldest first; none where too little was known before one."""
    distinct = np.unique(days)
    tested = min(MOST_TESTED_WEEKS, int(len(distinct) * TESTED_SHARE))
    if tested < FOLDS:
        return []
    blocks = np.array_split(distinct[-tested:], FOLDS)
    folds = [_fold(days, known_us, block) for block in blocks]
    return folds if all(map(_enough, [days] * FOLDS, folds)) else []


def earlier_folds(days: Ints, known_us: Ints, first: ForecastFold) -> list[ForecastFold]:
    """Blocks that end where the first test block begins, oldest first: nobody is judged by them,
    what is said of them is learned from by others."""
    distinct = np.unique(days)
    weeks = distinct[distinct < days[first.test].min()]
    starts = (
        place
        for place, week in enumerate(weeks)
        if _enough(days, _fold(days, known_us, weeks[place : place + 1]))
    )
    begin = next(starts, len(weeks))
    left = weeks[begin:]
    count = min(MOST_EARLIER, -(-len(left) // EARLIER_WEEKS))
    blocks = np.array_split(left, count) if count else []
    return [_fold(days, known_us, block) for block in blocks]


def split_for_check(days: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Of the rows: those to learn from and, after a gap, those that tell when to stop."""
    distinct = np.unique(days[rows])
    first = distinct[-max(1, int(len(distinct) * CHECK_SHARE))]
    learned = rows[days[rows] < first - EMBARGO_DAYS]
    checked = rows[days[rows] >= first]
    return _drawn(learned, MOST_TRAINED), _drawn(checked, MOST_CHECKED)


def _fold(days: Ints, known_us: Ints, block: Ints) -> ForecastFold:
    start_us = int(block[0]) * DAY_US
    return ForecastFold(
        train=np.flatnonzero(known_us <= start_us),
        test=np.flatnonzero((days >= block[0]) & (days <= block[-1])),
        start_us=start_us,
    )


def _enough(days: Ints, fold: ForecastFold) -> bool:
    weeks = len(np.unique(days[fold.train]))
    return weeks >= MIN_TRAIN_WEEKS and len(fold.train) >= MIN_TRAIN_ROWS


def _drawn(rows: Ints, most: int) -> Ints:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, most, replace=False))
