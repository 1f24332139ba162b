"""Which close a label is taken from."""

import math
from datetime import date, datetime, timedelta

import pytest

from kernel.days import end_of
from signals_svc.domain.bars import bars_of
from signals_svc.domain.labels import realised
from signals_svc.domain.series import series_in_use
from tests.signals_svc.market_builder import Bar, frame

TODAY = date(2026, 1, 1)


def outcome(later: dict[int, int], horizon_days: int = 90, kind: str = "trade") -> float:
    """The realised log return of a card at $10 today; `later` has closes by days from today."""
    past = [Bar("a", "raw", TODAY - timedelta(days=n), 1000) for n in range(12)]
    future = [Bar("a", "raw", TODAY + timedelta(days=n), cents, kind) for n, cents in later.items()]
    bars = bars_of(frame([*past, *future]))
    return float(realised(series_in_use(bars, TODAY), bars, horizon_days).log_returns[0])


def test_the_last_close_within_the_window_counts() -> None:
    assert outcome({75: 2000, 80: 3000, 91: 9000}) == pytest.approx(math.log(3))


@pytest.mark.parametrize(("day", "known"), [(74, False), (75, True), (90, True), (91, False)])
def test_the_window_is_the_last_15_days_of_the_horizon(day: int, known: bool) -> None:
    assert math.isnan(outcome({day: 2000})) is not known


def test_the_window_of_a_short_horizon_never_reaches_back_to_the_as_of_day() -> None:
    assert math.isnan(outcome({}, horizon_days=7))
    assert outcome({1: 2000}, horizon_days=7) == pytest.approx(math.log(2))


def test_a_close_of_another_kind_is_no_outcome() -> None:
    assert math.isnan(outcome({80: 2000}, kind="quote"))


def known_us(outcome: Bar) -> int:
    past = [Bar("a", "raw", TODAY - timedelta(days=n), 1000, "quote") for n in range(12)]
    bars = bars_of(frame([*past, outcome]))
    return int(realised(series_in_use(bars, TODAY), bars, 90).known_us[0])


def microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def test_a_label_is_known_once_its_window_is_over() -> None:
    early = Bar("a", "raw", TODAY + timedelta(days=80), 2000, "quote")
    assert known_us(early) == microseconds(end_of(TODAY + timedelta(days=90)))


def test_a_label_from_a_monthly_quote_is_known_when_the_quote_is() -> None:
    day = TODAY + timedelta(days=90)
    told = end_of(day + timedelta(days=29))
    assert known_us(Bar("a", "raw", day, 2000, "quote", known_at=told)) == microseconds(told)
