"""Scores, intervals, folds and bands of forecasts, on numbers that can be checked by hand."""

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from signals_svc.adapters.policy_file import forecast_policy
from signals_svc.domain.conformal import margins_that_help, widened
from signals_svc.domain.decisions import Correlations, Decisions, Interval
from signals_svc.domain.forecast_folds import EMBARGO_DAYS, forecast_folds, split_for_check
from signals_svc.domain.forecast_gate import judge_horizon
from signals_svc.domain.forecast_model import at_horizons, spread_at
from signals_svc.domain.forecast_scores import coverage, pinball, rank_ic, skill
from signals_svc.domain.labels import DAY_US
from signals_svc.domain.weekly import STEPS

POLICY = forecast_policy()
WEEKS = np.repeat(np.arange(0, 60 * 7, 7), 30)  # 60 weeks of 30 instruments
CARDS = np.tile(np.arange(30), 60)


def decided(horizon_days: int, *, weeks: int = 60) -> Decisions:
    """The first so many weeks."""
    return Decisions(WEEKS, CARDS, horizon_days).of(7 * weeks > WEEKS)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def bands(middle: np.ndarray, half: float) -> np.ndarray:
    return np.stack([middle - half, middle, middle + half], axis=1)


def test_pinball_charges_the_side_that_was_less_likely_the_more() -> None:
    told = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    # 2 above: 0.1 x 3 + 0.5 x 2 + 0.9 x 1 over three; 2 below: the same by symmetry
    assert pinball(told, np.array([2.0, -2.0])) == pytest.approx([2.2 / 3, 2.2 / 3])
    assert coverage(told, np.array([1.0, 1.5])) == 0.5


def test_a_horizon_between_two_steps_takes_from_both() -> None:
    answers = np.zeros((1, STEPS, 3))
    answers[0, :, 1] = np.arange(1, STEPS + 1)  # as many spreads as weeks
    spread = np.ones((1, STEPS))
    quantiles = at_horizons(answers, spread, (7, 30, 90, 91))
    assert quantiles[0, :, 2] == pytest.approx([1, 30 / 7, 90 / 7, 13]), "sorted: the largest last"
    assert spread_at(np.arange(1.0, 14.0)[None], (30,))[0, 0] == pytest.approx(30 / 7)


def test_skill_over_an_equal_is_zero_and_its_interval_holds_zero() -> None:
    rng = np.random.default_rng(1)
    one = rng.exponential(1.0, len(WEEKS))
    two = one[rng.permutation(len(one))]
    told = skill(decided(90), one, two)
    assert not told.above(0.0)
    assert not skill(decided(90), two, one).above(0.0)
    better = skill(decided(90), 0.8 * one, one)
    assert better.value == pytest.approx(0.2)
    assert better.above(0.19)


def test_blocks_of_the_horizon_make_an_interval_wider_than_single_weeks() -> None:
    rng = np.random.default_rng(2)
    shared = np.repeat(np.convolve(rng.normal(size=72), np.ones(13) / 13, "valid"), 30)
    loss = 1.0 + shared
    wide = skill(decided(91), loss, np.ones(len(loss)))
    narrow = skill(decided(7), loss, np.ones(len(loss)))
    assert width(wide) > 1.5 * width(narrow)


def test_of_fewer_than_three_horizons_cards_are_drawn_and_it_says_so() -> None:
    """Draws of weeks would be turns of the same weeks: an interval of no width."""
    rng = np.random.default_rng(5)
    liked = rng.normal(size=30)[CARDS]  # what is thought of a card never changes
    outcomes = 0.3 * liked + rng.normal(size=30)[CARDS]
    few = WEEKS < 7 * 20
    short = rank_ic(decided(90, weeks=20), liked[few], outcomes[few])
    assert short.over == "cards"
    assert width(short) > 0.3
    assert short.told(".1f").endswith(", over cards)")
    assert rank_ic(decided(90), liked, outcomes).over == "weeks"
    drawn = skill(decided(90, weeks=20), np.exp(liked[few]), np.ones(int(few.sum())))
    assert drawn.over == "cards"
    assert width(drawn) > 0.3


def test_drawn_cards_that_are_all_there_once_give_the_figure_itself() -> None:
    rng = np.random.default_rng(6)
    one, two = rng.normal(size=(2, 30))
    rows = Correlations(one, two, (np.arange(30),))
    once = np.ones((1, 30))
    assert rows.means(once, np.arange(30)) == pytest.approx([np.corrcoef(one, two)[0, 1]])
    weights = rng.integers(0, 4, (1, 30)).astype(np.float64)
    repeated = np.repeat(np.arange(30), weights[0].astype(np.int64))
    told = np.corrcoef(one[repeated], two[repeated])[0, 1]
    assert rows.means(weights, np.arange(30)) == pytest.approx([told])


def test_of_few_weeks_and_few_cards_no_interval_is_told_and_nothing_passes() -> None:
    some = CARDS[: 30 * 20] < 20
    at = decided(90, weeks=20).of(some)
    told = skill(at, np.full(len(at.days), 0.5), np.ones(len(at.days)))
    assert (told.value, told.low, told.high) == (0.5, None, None)
    assert not told.above(-1.0)
    assert told.told("+.1%") == "+50.0% (no interval)"


def test_rank_ic_is_of_each_day_and_knows_ties() -> None:
    outcomes = np.tile(np.arange(30.0), 60)
    perfect = rank_ic(decided(30), 5.0 * outcomes, outcomes)
    assert (perfect.value, perfect.low, perfect.high) == pytest.approx((1.0, 1.0, 1.0))
    level = np.repeat(np.arange(60.0), 30)  # tells the week and nothing of its instruments
    assert rank_ic(decided(30), level, outcomes).value == 0.0


def test_a_fold_trains_on_nothing_that_was_unknown_when_its_test_began() -> None:
    days = np.repeat(np.arange(0, 120 * 7, 7), 40)
    known_us = (days + 91) * DAY_US
    folds = forecast_folds(days, known_us)
    assert len(folds) == 2
    for fold in folds:
        first_tested = int(days[fold.test].min())
        assert int(known_us[fold.train].max()) <= first_tested * DAY_US
        assert int(days[fold.train].max()) + 91 <= first_tested
        learned, checked = split_for_check(days, fold.train)
        assert days[learned].max() < days[checked].min() - EMBARGO_DAYS
        assert set(learned) | set(checked) <= set(fold.train)
    assert days[folds[0].test].max() < days[folds[1].test].min()


def test_a_short_history_makes_no_folds() -> None:
    days = np.repeat(np.arange(0, 30 * 7, 7), 40)
    assert forecast_folds(days, (days + 91) * DAY_US) == []


def test_a_band_that_is_too_narrow_is_widened_and_a_sound_one_is_left_alone() -> None:
    rng = np.random.default_rng(3)
    outcomes = rng.normal(0.0, 0.2, len(WEEKS))
    unit = np.full(len(WEEKS), 0.2)
    narrow = bands(np.zeros(len(WEEKS)), 0.05)
    margins = margins_that_help(WEEKS, narrow, outcomes, unit)
    assert margins is not None
    assert coverage(widened(narrow, unit, margins), outcomes) == pytest.approx(0.8, abs=0.02)
    few = slice(0, 60)
    assert margins_that_help(WEEKS[few], narrow[few], outcomes[few], unit[few]) is None


def test_a_horizon_passes_on_skill_rank_and_coverage_together() -> None:
    rng = np.random.default_rng(4)
    hint = rng.normal(0.0, 0.1, len(WEEKS))
    outcomes = hint + rng.normal(0.0, 0.1, len(WEEKS))
    half = 1.2815 * 0.1
    baselines = {"naive": bands(np.zeros(len(WEEKS)), 1.2815 * 0.1414)}
    at_once = np.zeros(len(WEEKS))  # the next sale was at the last price
    seeing = judge_horizon(
        decided(30), bands(hint, half), outcomes, baselines, at_once, policy=POLICY
    )
    assert seeing.passed
    assert "skill +" in seeing.words
    wide = judge_horizon(
        decided(30), bands(hint, 3 * half), outcomes, baselines, at_once, policy=POLICY
    )
    assert not wide.passed
    blind = judge_horizon(
        decided(30), baselines["naive"], outcomes, baselines, at_once, policy=POLICY
    )
    assert not blind.passed
    late = judge_horizon(decided(30), bands(hint, half), outcomes, baselines, hint, policy=POLICY)
    assert not late.passed, "the next sale had it all"
    unknown = judge_horizon(
        decided(30), bands(hint, half), outcomes, baselines, outcomes, policy=POLICY
    )
    assert not unknown.passed
    assert "from the next sale unknown" in unknown.words


def test_the_gates_change_only_with_their_decision() -> None:
    policy = resources.files("signals_svc").joinpath("acceptance.yaml").read_bytes()
    digest = hashlib.sha256(policy).hexdigest()[:16]
    pages = Path(__file__).parents[2] / "docs" / "decisions"
    (page,) = pages.glob("*-what-a-forecast-has-to-earn.md")
    assert digest in page.read_text("utf-8"), f"write why, and the digest {digest}, in {page.name}"
