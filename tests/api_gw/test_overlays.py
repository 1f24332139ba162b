"""Owns the lines drawn over a history, and the part of it that a window shows."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_gw.domain.bars import Bar, first_shown
from api_gw.domain.overlays import UnknownOverlay, drawdown, momentum, overlay_names

START = date(2024, 1, 1)


def bars(closes: dict[int, int]) -> list[Bar]:
    return [
        Bar(START + timedelta(days=day), cents, cents, cents, cents, 1)
        for day, cents in sorted(closes.items())
    ]


def test_momentum_looks_at_the_last_close_at_least_n_days_older() -> None:
    line = momentum(bars({0: 100, 20: 150, 31: 200, 49: 300}), days=30)
    assert line == [None, None, pytest.approx(math.log(2)), pytest.approx(math.log(3))]


@pytest.mark.parametrize(("gap", "is_fresh"), [(75, True), (76, False)])
def test_momentum_is_undefined_against_a_close_older_than_n_and_45_days(
    gap: int, is_fresh: bool
) -> None:
    [_, value] = momentum(bars({0: 100, gap: 200}), days=30)
    assert (value is not None) == is_fresh


def test_drawdown_is_measured_from_the_highest_close_of_the_last_days() -> None:
    line = drawdown(bars({0: 400, 10: 200, 89: 100, 90: 100}), days=90)
    assert line == [0.0, -0.5, -0.75, -0.5]


@given(
    st.dictionaries(st.integers(0, 400), st.integers(1, 10**6), min_size=1, max_size=40),
    st.sampled_from([90, 365]),
)
def test_a_drawdown_is_never_above_zero_nor_below_minus_one(
    closes: dict[int, int], days: int
) -> None:
    assert all(value is not None and -1 < value <= 0 for value in drawdown(bars(closes), days=days))


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 10**6), min_size=2, max_size=40))
def test_no_line_changes_with_what_comes_later(closes: dict[int, int]) -> None:
    series = bars(closes)
    for line in (momentum, drawdown):
        assert line(series[:-1], days=90) == line(series, days=90)[:-1]


def test_names_are_taken_once_and_in_order() -> None:
    assert overlay_names(" drawdown_90,momentum_30,,drawdown_90") == ("drawdown_90", "momentum_30")


def test_an_unknown_overlay_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownOverlay, match="momentum_7, momentum_30"):
        overlay_names("momentum_31")


def test_a_window_counts_calendar_days_back_from_the_newest_bar() -> None:
    series = bars({0: 1, 1: 1, 30: 1})
    assert [first_shown(series, days) for days in (1, 29, 30, 31, None)] == [2, 2, 1, 0, 0]
