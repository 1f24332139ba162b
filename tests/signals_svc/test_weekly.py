"""Windows of weeks: what was seen, what is padding, and that nothing later is in them."""

from datetime import timedelta

import numpy as np
from numpy.testing import assert_array_equal

from signals_svc.domain.bars import bars_of
from signals_svc.domain.features import features_on
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, STEPS, WEEKS, shortened, windows_of
from tests.signals_svc.market_builder import FIRST_DAY, Bar, frame, walk

TODAY = FIRST_DAY + timedelta(days=399)
SEEN, SOLD, LEVEL = PAST.index("seen"), PAST.index("sold"), PAST.index("level")


def weekly_bars(card: str, *, days: int, first: int = 0) -> list[Bar]:
    rng = np.random.default_rng(len(card))
    bars = walk(card, "psa10", days=days, step=7, drift=0.001, sigma=0.02, rng=rng)
    return [bar for bar in bars if bar.day >= FIRST_DAY + timedelta(days=first)]


def test_every_week_with_a_bar_is_seen_and_the_last_level_is_the_anchor() -> None:
    windows = windows_of(features_on(bars_of(frame(weekly_bars("a", days=400))), {}, TODAY))
    assert windows.past.shape == (1, WEEKS, len(PAST))
    assert windows.ahead.shape == (1, STEPS, len(AHEAD))
    assert windows.fixed.shape == (1, len(FIXED))
    assert windows.lengths.tolist() == [WEEKS]
    assert windows.past[0, :, SEEN].tolist() == [1.0] * WEEKS
    assert np.allclose(windows.past[0, :, SOLD], np.log(2.0))
    assert windows.past[0, -1, LEVEL] == 0.0
    assert np.all(np.diff(windows.spread[0]) > 0), "further ahead is less certain"


def test_a_week_without_a_bar_repeats_the_close_and_says_so() -> None:
    bars = [bar for bar in weekly_bars("a", days=400) if not 30 < (TODAY - bar.day).days < 60]
    past = windows_of(features_on(bars_of(frame(bars)), {}, TODAY)).past[0]
    gap = np.flatnonzero(past[:, SEEN] == 0.0)
    assert len(gap) == 4
    assert len(set(past[[gap[0] - 1, *gap], LEVEL].tolist())) == 1


def test_a_short_history_stands_in_front_and_the_rest_is_padding() -> None:
    bars = weekly_bars("a", days=400, first=400 - 100)
    windows = windows_of(features_on(bars_of(frame(bars)), {}, TODAY))
    length = int(windows.lengths[0])
    assert 13 <= length <= 15
    assert windows.past[0, length - 1, LEVEL] == 0.0
    assert not windows.past[0, length:].any()


def test_shortening_keeps_the_newest_weeks() -> None:
    windows = windows_of(features_on(bars_of(frame(weekly_bars("a", days=400))), {}, TODAY))
    short = shortened(windows, np.array([5]))
    assert short.lengths.tolist() == [5]
    assert_array_equal(short.past[0, :5], windows.past[0, -5:])
    assert not short.past[0, 5:].any()


def test_what_is_learned_after_the_day_changes_no_window() -> None:
    bars = weekly_bars("a", days=400) + weekly_bars("bb", days=400)
    known = features_on(bars_of(frame(bars)), {}, TODAY - timedelta(days=50))
    cut = [bar for bar in bars if bar.day <= TODAY - timedelta(days=50)]
    wild = [
        Bar(bar.card_id, bar.grade_code, bar.day, 9 * bar.cents)
        for bar in bars
        if bar.day > TODAY - timedelta(days=50)
    ]
    other = features_on(bars_of(frame(cut + wild)), {}, TODAY - timedelta(days=50))
    one, two = windows_of(known), windows_of(other)
    for name in ("past", "ahead", "fixed", "lengths", "spread"):
        assert_array_equal(getattr(one, name), getattr(two, name))
