"""What moved a tree model is exact: it is what LightGBM itself says, and it adds up."""

import numpy as np
import pytest

from signals_svc.adapters.lightgbm_paths import paths_of_booster
from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles
from signals_svc.adapters.lightgbm_trainer import LightGbmTrainer
from signals_svc.domain.arrays import Singles
from signals_svc.domain.tree_paths import contributions, joined, paths_of


@pytest.fixture(scope="module")
def inputs() -> Singles:
    rng = np.random.default_rng(5)
    drawn = rng.standard_normal((3000, 8)).astype(np.float32)
    drawn[rng.random(drawn.shape) < 0.15] = np.nan
    drawn[:, 7] = np.abs(np.nan_to_num(drawn[:, 7]))  # never missing in training
    return drawn


def asked(inputs: Singles) -> Singles:
    rows = inputs[:200].copy()
    rows[::5, 7] = np.nan  # and missing now
    return rows


def test_contributions_to_a_quantile_are_those_of_the_library(inputs: Singles) -> None:
    units = np.nan_to_num(inputs[:, 0]) * np.nan_to_num(inputs[:, 1]) + np.abs(inputs[:, 7])
    trees = LightGbmQuantiles().fit(inputs, units.astype(np.float64))
    rows = asked(inputs)
    moved, mean = contributions(trees.middle_paths(), rows)
    (_, booster, _) = trees.boosters
    theirs = np.asarray(booster.predict(rows.astype(np.float64), pred_contrib=True))
    assert np.abs(moved - theirs[:, :-1]).max() < 1e-5
    assert mean == pytest.approx(float(theirs[0, -1]), abs=1e-5)
    assert np.abs(moved.sum(axis=1) + mean - trees.answers(rows)[:, 1]).max() < 1e-5


def test_contributions_to_buying_rather_than_selling_are_the_difference_of_both(
    inputs: Singles,
) -> None:
    score = np.nan_to_num(inputs[:, 0]) + 0.5 * np.nan_to_num(inputs[:, 1])
    model = LightGbmTrainer().fit(inputs, np.digitize(score, [-0.5, 0.5]).astype(np.int64))
    rows = asked(inputs)
    moved, _ = contributions(model.paths(), rows)
    theirs = np.asarray(model.booster.predict(rows.astype(np.float64), pred_contrib=True))
    theirs = theirs.reshape(len(rows), 3, inputs.shape[1] + 1)
    assert np.abs(moved - (theirs[:, 0] - theirs[:, 2])[:, :-1]).max() < 1e-5


def test_paths_come_back_from_their_bytes(inputs: Singles) -> None:
    trees = LightGbmQuantiles().fit(inputs, np.nan_to_num(inputs[:, 0]).astype(np.float64))
    paths = trees.middle_paths()
    again = paths_of(paths.to_bytes())
    assert again.to_bytes() == paths.to_bytes()
    both, _ = contributions(joined([paths, paths.negated()]), inputs[:50])
    assert np.abs(both).max() < 1e-9
    assert len(paths_of_booster(trees.boosters[1]).value) == len(paths.value)
