"""Which weeks a classifier learns from."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from signals_svc.domain.bars import Bars, bars_of
from signals_svc.domain.examples import STEP_DAYS, WARM_UP_DAYS, as_of_days, liquid_on
from signals_svc.domain.series import day_number
from tests.signals_svc.market_builder import Bar, frame

START = date(2020, 1, 1)
YEARS = 5 * 365
UNTIL = START + timedelta(days=YEARS)


def quoted(cards: int, first: int, last: int) -> list[Bar]:
    """A quote a month of each card between two days counted from START."""
    return [
        Bar(f"c{first}-{card}", "raw", START + timedelta(days=offset), 1000, "quote")
        for card in range(cards)
        for offset in range(first, last, 30)
    ]


def growing() -> Bars:
    """One card for five years, ninety-nine more in the last one."""
    return bars_of(frame([*quoted(1, 0, YEARS), *quoted(99, YEARS - 365, YEARS)]))


def test_the_last_week_is_the_last_with_a_known_label() -> None:
    days = as_of_days(growing(), UNTIL, horizon_days=90)
    assert days[-1] == UNTIL - timedelta(days=90)
    assert START + timedelta(days=WARM_UP_DAYS) <= days[0]
    assert days[0] < START + timedelta(days=WARM_UP_DAYS + STEP_DAYS)
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=STEP_DAYS)}


def test_weeks_are_thinned_by_the_instruments_they_had_not_by_all_there_ever_were() -> None:
    every = as_of_days(growing(), UNTIL, horizon_days=90)
    rows = sum(counts(every))
    assert len(every) * 100 > 10 * rows
    assert as_of_days(growing(), UNTIL, horizon_days=90, max_rows=rows) == every
    half = as_of_days(growing(), UNTIL, horizon_days=90, max_rows=rows // 2)
    assert len(half) == len(every) // 2
    assert (half[0], half[-1]) == (every[0], every[-1])


def counts(days: list[date]) -> list[int]:
    return liquid_on(growing(), np.array([day_number(day) for day in days]))


def test_an_instrument_counts_with_enough_bars_in_a_year_and_a_fresh_one() -> None:
    first, gone = YEARS - 365, YEARS + 60
    offsets = (first - 1, first + 8 * 30 - 1, first + 8 * 30, gone)
    assert counts([START + timedelta(days=offset) for offset in offsets]) == [1, 1, 100, 0]
