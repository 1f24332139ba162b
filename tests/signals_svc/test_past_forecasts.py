"""What classifiers learn from was said before anything of it was known, and is found again."""

import numpy as np

from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.arrays import Ints
from signals_svc.domain.forecast_folds import (
    MIN_TRAIN_WEEKS,
    MOST_EARLIER,
    earlier_folds,
    forecast_folds,
)
from signals_svc.domain.labels import DAY_US
from signals_svc.domain.past_forecasts import past_forecasts, past_forecasts_of

CARDS = 60
NAMED = [Instrument(CardId(f"c{n}"), GradeCode("raw")) for n in range(5)]


def weeks(count: int) -> tuple[Ints, Ints]:
    """Days of rows, and when their outcomes were known: 91 days later."""
    days = np.repeat(np.arange(count) * 7, CARDS)
    return days, (days + 91) * DAY_US


def test_blocks_before_the_contest_follow_each_other_up_to_it_and_learn_from_what_was_known() -> (
    None
):
    days, known_us = weeks(75)
    folds = forecast_folds(days, known_us)
    before = earlier_folds(days, known_us, folds[0])
    assert len(before) == 2
    tested = np.concatenate([fold.test for fold in (*before, *folds)])
    assert (np.diff(tested) == 1).all(), "no row twice"
    assert tested[-1] == len(days) - 1, "none left"
    assert days[tested[0]] == (MIN_TRAIN_WEEKS - 1) * 7 + 91, "as early as enough was known"
    for fold in (*before, *folds):
        assert (known_us[fold.train] <= days[fold.test].min() * DAY_US).all()
        assert len(np.unique(days[fold.train])) >= MIN_TRAIN_WEEKS


def test_a_history_that_is_just_long_enough_for_a_contest_has_no_block_before_it() -> None:
    days, known_us = weeks(48)
    folds = forecast_folds(days, known_us)
    assert folds
    assert earlier_folds(days, known_us, folds[0]) == []


def test_years_are_cut_into_no_more_blocks_than_there_is_time_for() -> None:
    days, known_us = weeks(400)
    folds = forecast_folds(days, known_us)
    assert len(earlier_folds(days, known_us, folds[0])) == MOST_EARLIER


def test_forecasts_are_found_by_day_and_instrument_and_are_missing_elsewhere() -> None:
    quantiles = np.arange(12.0).reshape(4, 3)
    slots, days = np.array([4, 1, 4, 1]), np.array([7, 7, 14, 14])
    past = past_forecasts(NAMED, slots, days, quantiles, horizon_days=90)
    said = past.said(14, [NAMED[1], NAMED[0], NAMED[4]])
    assert said[0].tolist() == [9.0, 10.0, 11.0]
    assert np.isnan(said[1]).all()
    assert said[2].tolist() == [6.0, 7.0, 8.0]
    assert np.isnan(past.said(21, NAMED)).all()


def test_they_come_back_from_their_bytes_as_they_were() -> None:
    quantiles = np.random.default_rng(1).standard_normal((3, 3))
    past = past_forecasts(
        NAMED, np.array([0, 2, 3]), np.array([7, 7, 7]), quantiles, horizon_days=30
    )
    again = past_forecasts_of(past.to_bytes())
    assert again.horizon_days == 30
    assert again.to_bytes() == past.to_bytes()
    assert (again.said(7, NAMED[:1]) == past.said(7, NAMED[:1])).all()
