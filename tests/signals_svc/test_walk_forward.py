"""Folds, temperatures and convictions learn from no label that was not known yet."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.decision import Utility
from signals_svc.domain.examples import Examples
from signals_svc.domain.labels import DAY_US
from signals_svc.domain.tree_paths import TreePaths
from signals_svc.domain.walk_forward import Fold, folds_of
from signals_svc.usecases.out_of_fold import out_of_fold

WEEKS = np.arange(0, 700, 7)
DAYS = np.repeat(WEEKS, 30)
HORIZON = 90
PROMPT = (DAYS + HORIZON + 1) * DAY_US  # the end of the day the horizon ends on
LABELS = np.tile([0, 1, 2], len(DAYS) // 3)
MONTHLY = PROMPT + 30 * DAY_US


@dataclass(frozen=True)
class Sure:
    """A model that gives its first class nine chances in ten."""

    def chances(self, inputs: Singles) -> Floats:
        return np.tile([0.9, 0.05, 0.05], (len(inputs), 1))

    def to_onnx(self) -> bytes:
        return b""

    def parity(self, onnx: bytes, inputs: Singles) -> float:
        return 0.0

    def importance(self) -> Floats:
        return np.ones(1)

    def paths(self) -> TreePaths:
        raise NotImplementedError


class SureTrainer:
    """Port Trainer."""

    def fit(self, inputs: Singles, labels: Ints) -> Sure:
        return Sure()


def examples(known_us: Ints) -> Examples:
    rows = len(DAYS)
    inputs, utilities = np.zeros((rows, 1), np.float32), [Utility(0.0, 0.0)] * rows
    sold, nothing = np.zeros(rows, np.int64), np.zeros(rows)
    return Examples(
        DAYS,
        inputs,
        LABELS,
        known_us,
        utilities,
        sold,
        nothing,
        nothing,
        nothing[:, None],
        sold,
        np.ones(rows, np.bool_),
    )


def last_trained_day(fold: Fold) -> int:
    return int(DAYS[fold.train].max())


def test_no_training_label_reaches_a_test_week() -> None:
    folds = folds_of(DAYS, LABELS, PROMPT, horizon_days=HORIZON)
    tested = np.concatenate([DAYS[fold.test] for fold in folds])
    assert len(tested) == len(np.unique(tested)) * 30
    for fold in folds:
        first = int(DAYS[fold.test].min())
        assert first - 7 <= last_trained_day(fold) + HORIZON + 1 <= first


def test_labels_of_monthly_quotes_wait_until_the_quotes_are_known() -> None:
    for fold in folds_of(DAYS, LABELS, MONTHLY, horizon_days=HORIZON):
        assert last_trained_day(fold) + HORIZON + 31 <= int(DAYS[fold.test].min())


def test_too_few_weeks_make_no_folds() -> None:
    few = np.repeat(np.arange(0, 200, 7), 60)
    assert folds_of(few, np.arange(len(few)) % 3, few * DAY_US, horizon_days=90) == []
    none = np.empty(0, np.int64)
    assert folds_of(none, none, none, horizon_days=90) == []


def test_testing_begins_once_fifty_of_each_label_were_known() -> None:
    sparse = np.where((DAYS < 400) & (np.arange(len(DAYS)) % 30 > 0), -1, np.arange(len(DAYS)))
    rows = np.flatnonzero(sparse >= 0)
    folds = folds_of(DAYS[rows], LABELS[rows], PROMPT[rows], horizon_days=HORIZON)
    first = folds[0]
    assert (np.bincount(LABELS[rows][first.train], minlength=3) >= 50).all()
    assert DAYS[rows][first.test].min() > 490
    only_buys = np.zeros(len(rows), np.int64)
    assert folds_of(DAYS[rows], only_buys, PROMPT[rows], horizon_days=HORIZON) == []


def changed_where(chosen: Callable[[Fold], Ints]) -> tuple[Floats, Floats]:
    """Predictions of the last fold, before and after other labels of the rows chosen."""
    truth = examples(PROMPT)
    folds = folds_of(DAYS, LABELS, PROMPT, horizon_days=HORIZON)
    labels = truth.labels.copy()
    labels[chosen(folds[-1])] = 0
    out = [out_of_fold(one, folds, SureTrainer()) for one in (truth, replace(truth, labels=labels))]
    before, after = (each.chances[each.last] for each in out)
    return before, after


def test_a_fold_is_not_tempered_by_labels_that_came_after_it_began() -> None:
    before, after = changed_where(lambda last: np.flatnonzero(last.start_us < PROMPT))
    assert np.array_equal(before, after)


def test_a_fold_is_tempered_by_what_the_folds_before_it_taught() -> None:
    before, after = changed_where(lambda last: np.flatnonzero(last.start_us >= PROMPT))
    assert before[0, 0] < 0.9
    assert after[0, 0] > 0.9


def test_the_curve_is_drawn_on_rows_that_taught_nothing() -> None:
    folds = folds_of(DAYS, LABELS, PROMPT, horizon_days=HORIZON)
    out = out_of_fold(examples(PROMPT), folds, SureTrainer())
    assert not (out.last & out.taught).any()
    assert out.taught.any()
    assert (PROMPT[out.rows[out.taught]] <= folds[-1].start_us).all()
    assert set(DAYS[out.rows[out.last]]) == set(DAYS[folds[-1].test])
