"""Bars stand in the days they became known, and no choice looks past the first decision."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from backtest_engine.market import Market
from backtest_svc.domain.placing import EPOCH, Span, market_of
from kernel.days import end_of
from kernel.db.market import VERSION_SCHEMA

BEGIN = date(2024, 1, 1)


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


def version(
    of: int,
    cents: int,
    *,
    known: datetime | None = None,
    until: datetime | None = None,
    kind: str = "trade",
    volume: int = 1,
    grade: str = "raw",
) -> tuple[object, ...]:
    known = known or end_of(day(of))
    return ("base1-4", grade, kind, day(of), *(cents,) * 4, volume, known, until)


def placed(*versions: tuple[object, ...], decided: int = 5, days: int = 20) -> Market:
    frame = pl.DataFrame(list(versions), schema=VERSION_SCHEMA, orient="row")
    return market_of(frame, {"base1-4": "base1"}, Span(BEGIN, day(decided), day(days - 1)))


def test_a_bar_known_at_midnight_is_known_on_its_own_day() -> None:
    market = placed(version(3, 1_000))
    assert np.flatnonzero(~np.isnan(market.close[0])).tolist() == [3]
    assert market.close[0, 3] == 10.0
    assert (market.sets, market.cards, market.grades) == (("base1",), ("base1-4",), ("raw",))


def test_a_late_bar_stands_where_it_became_known_and_says_when_it_happened() -> None:
    late = version(3, 1_000, known=datetime(2024, 1, 9, 12, tzinfo=UTC))
    market = placed(late)
    assert np.flatnonzero(~np.isnan(market.close[0])).tolist() == [8]
    assert market.happened[0, 8] == (day(3) - EPOCH).days


def test_a_bar_of_before_what_is_known_already_changes_no_price() -> None:
    late = version(3, 9_900, known=end_of(day(8)))
    assert np.flatnonzero(~np.isnan(placed(version(5, 1_000), late).close[0])).tolist() == [5]


def test_a_corrected_bar_changes_the_price_when_that_was_known_and_is_no_sale() -> None:
    first = version(3, 1_000, until=end_of(day(6)))
    market = placed(first, version(3, 1_200, known=end_of(day(6))))
    assert (market.close[0, 3], market.close[0, 6]) == (10.0, 12.0)
    assert (market.volume[0, 3], market.volume[0, 6]) == (1.0, 0.0)


def test_the_series_in_use_is_chosen_by_what_was_known_at_the_first_decision() -> None:
    quotes = [version(of, 500, kind="quote", volume=0) for of in range(4)]
    later_trades = [version(of, 1_000) for of in range(6, 19)]
    market = placed(*quotes, *later_trades)
    assert market.quotes.tolist() == [True]
    assert np.nanmax(market.close) == 5.0


def test_what_nothing_was_known_of_keeps_the_kind_it_became_known_by() -> None:
    market = placed(version(8, 1_000), version(9, 500, kind="quote", volume=0))
    assert market.quotes.tolist() == [False]
    assert np.nanmin(market.close) == 10.0
