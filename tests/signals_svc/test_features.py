"""Features against numbers worked out by hand."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.bars import bars_of
from signals_svc.domain.cross_pass import CLIP
from signals_svc.domain.cross_section import CardFacts
from signals_svc.domain.features import Features, features_on
from signals_svc.domain.normalisation import robust_z
from signals_svc.domain.snapshot import freeze
from tests.signals_svc.market_builder import Bar, frame

TODAY = date(2026, 6, 30)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def features(*bars: Bar, sets: dict[str, str] | None = None) -> Features:
    catalog = {CardId(c): CardFacts(s, date(2026, 1, 1)) for c, s in (sets or {}).items()}
    return features_on(bars_of(frame(bars)), catalog, TODAY)


def closes(
    prices: dict[int, int],
    card: str = "a",
    grade: str = "raw",
    kind: str = "trade",
    volume: int = 1,
) -> list[Bar]:
    return [Bar(card, grade, ago(days), cents, kind, volume) for days, cents in prices.items()]


def value(found: Features, name: str, card: str = "a", grade: str = "raw") -> float:
    place = found.instruments.index(Instrument(CardId(card), GradeCode(grade)))
    return float(found.raw[name][place])


def test_momentum_takes_the_last_close_at_least_n_days_older_than_the_last_one() -> None:
    found = features(*closes({2: 1200, 8: 1100, 9: 1000, 40: 800}))
    assert value(found, "momentum_7") == pytest.approx(math.log(1200 / 1000))
    assert value(found, "momentum_30") == pytest.approx(math.log(1200 / 800))


@pytest.mark.parametrize(("age", "missing"), [(75, False), (76, True)])
def test_momentum_is_missing_where_its_base_is_more_than_n_plus_45_days_old(
    age: int, missing: bool
) -> None:
    assert math.isnan(value(features(*closes({0: 1200, age: 800})), "momentum_30")) is missing


def test_volatility_divides_squared_returns_by_the_days_they_span() -> None:
    up_and_down = {4 * n: 1000 if n % 2 else 1100 for n in range(9)}
    expected = math.sqrt(8 * math.log(1.1) ** 2 / 32 * 365)
    found = features(*closes(up_and_down))
    assert value(found, "volatility_90") == pytest.approx(expected, rel=1e-6)
    assert value(found, "volatility_ewma") == pytest.approx(expected, rel=1e-6)
    assert value(found, "downside_90") == pytest.approx(expected / math.sqrt(2), rel=1e-6)


def test_volatility_of_seven_returns_is_missing() -> None:
    assert math.isnan(value(features(*closes({n: 1000 + n for n in range(8)})), "volatility_90"))


def test_two_closes_half_a_year_apart_make_no_return() -> None:
    prices = dict.fromkeys(range(8), 1000) | {200: 5}
    assert math.isnan(value(features(*closes(prices)), "volatility_365"))


def test_drawdown_stands_below_the_highest_close_and_counts_the_days_since() -> None:
    found = features(*closes({0: 900, 10: 1000, 100: 1800}))
    assert value(found, "drawdown_90") == pytest.approx(-0.1)
    assert value(found, "days_since_high_90") == 10
    assert value(found, "drawdown_365") == pytest.approx(-0.5)
    assert value(found, "days_since_high_365") == 100


def test_liquidity_counts_copies_sold_and_days_since_the_last_bar() -> None:
    found = features(*closes({5: 1000, 20: 1000, 80: 1000}, volume=3))
    assert [value(found, f"trades_{n}") for n in (7, 30, 90)] == [3, 6, 9]
    assert value(found, "recency_days") == 5


def test_sales_reported_twice_by_two_kinds_of_bars_are_counted_once() -> None:
    found = features(
        *closes({5: 1000}, volume=2), *closes({5: 1000, 6: 1000}, kind="bar", volume=2)
    )
    assert value(found, "trades_7") == 4


def test_impact_is_the_mean_move_per_thousand_dollars_sold() -> None:
    prices = {n: 100_000 if n % 2 else 110_000 for n in range(9)}
    found = features(*closes(prices))
    move = math.log(1.1)
    assert value(found, "impact_90") == pytest.approx((move / 1.0 + move / 1.1) / 2, rel=1e-5)


def test_quotes_have_no_impact_and_no_sales() -> None:
    found = features(*closes({n: 1000 + n for n in range(9)}, kind="quote"))
    assert math.isnan(value(found, "impact_90"))
    assert value(found, "trades_90") == 0


@pytest.mark.parametrize(("trades", "bars", "series"), [(12, 12, 0), (11, 12, 1), (11, 11, 2)])
def test_the_series_is_trades_then_source_bars_then_quotes_and_never_a_mixture(
    trades: int, bars: int, series: int
) -> None:
    found = features(
        *closes(dict.fromkeys(range(trades), 100)),
        *closes(dict.fromkeys(range(bars), 200), kind="bar"),
        *closes(dict.fromkeys(range(3), 300), kind="quote"),
    )
    assert found.series.kind.tolist() == [series]
    assert set(found.series.cents.tolist()) == {100 * (series + 1)}


def test_few_trades_without_quotes_are_still_the_series() -> None:
    assert features(*closes({3: 100, 9: 100})).series.kind.tolist() == [0]


def test_an_instrument_is_alive_for_60_days_after_its_last_bar() -> None:
    found = features(*closes({60: 100}, card="a"), *closes({61: 100}, card="b"))
    assert found.series.alive.tolist() == [True, False]


def test_excess_is_the_return_minus_the_median_of_the_set() -> None:
    cards = dict.fromkeys("abc", "set") | {"d": "other"}
    rises = {"a": 1100, "b": 1200, "c": 1500, "d": 3000}
    bars = [bar for card, now in rises.items() for bar in closes({0: now, 30: 1000}, card=card)]
    found = features(*bars, sets=cards)
    assert value(found, "excess_30", "c") == pytest.approx(math.log(1500 / 1200))
    assert math.isnan(value(found, "excess_30", "d"))


def test_rank_counts_only_instruments_alive() -> None:
    prices = {"a": {0: 1100, 30: 1000}, "b": {0: 1200, 30: 1000}, "c": {61: 9000, 91: 1000}}
    bars = [bar for card, at in prices.items() for bar in closes(at, card=card)]
    found = features(*bars)
    assert [value(found, "rank_30", card) for card in "ab"] == [0.25, 0.75]
    assert math.isnan(value(found, "rank_30", "c"))


def test_premium_compares_a_ten_with_raw_and_with_a_nine_of_whatever_company() -> None:
    found = features(
        *closes({0: 8000}, grade="psa10"),
        *closes({0: 1000}, grade="raw"),
        *closes({0: 2000}, grade="any9"),
    )
    for grade in ("raw", "any9", "psa10"):
        assert value(found, "premium_raw", grade=grade) == pytest.approx(math.log(8))
        assert value(found, "premium_nine", grade=grade) == pytest.approx(math.log(4))
    with_psa = features(
        *closes({0: 8000}, grade="psa10"),
        *closes({0: 4000}, grade="psa9"),
        *closes({0: 2000}, grade="any9"),
    )
    assert value(with_psa, "premium_nine", grade="psa10") == pytest.approx(math.log(2))


def test_premium_z_stands_against_the_cards_own_past() -> None:
    months = range(12)
    tens = {30 * n: 4000 if n else 8000 for n in months}
    found = features(
        *closes(tens, grade="psa10"), *closes({30 * n: 1000 for n in months}, grade="raw")
    )
    # Eleven equal premiums have no spread, so the floor of 0.05 divides.
    assert value(found, "premium_raw_z") == pytest.approx(math.log(2) / 0.05, rel=1e-5)


def test_days_since_release_and_season_come_from_the_calendar() -> None:
    found = features(*closes({0: 100}), sets={"a": "set"})
    assert value(found, "days_since_release") == (TODAY - date(2026, 1, 1)).days
    angle = 2 * math.pi * 181 / 365.25
    assert value(found, "season_sin") == pytest.approx(math.sin(angle), abs=1e-6)
    assert float(found.normalised["season_cos"][0]) == pytest.approx(math.cos(angle), abs=1e-6)


def test_robust_z_clips_and_keeps_missing_missing() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 1000, np.nan])
    z = robust_z(values, np.ones(10, dtype=np.bool_))
    assert z[4] == 0.0
    assert z[5] == pytest.approx(1 / (1.4826 * 2))
    assert z[8] == CLIP
    assert np.isnan(z[9])


def test_robust_z_of_values_that_mostly_agree_uses_their_mean_distance() -> None:
    values = np.array([0.0] * 9 + [1.0])
    z = robust_z(values, np.ones(10, dtype=np.bool_))
    assert z[9] == CLIP
    assert z[0] == 0.0


def test_a_universe_below_eight_has_no_normalised_values() -> None:
    assert np.isnan(robust_z(np.arange(7.0), np.ones(7, dtype=np.bool_))).all()


def test_the_universe_is_only_what_is_alive() -> None:
    values = np.array([*range(8), 1e9])
    alive = np.array([True] * 8 + [False])
    assert robust_z(values, alive)[0] == robust_z(values[:8], alive[:8])[0]


def test_a_market_without_a_single_bar_has_no_features() -> None:
    found = features_on(bars_of(frame([])), {}, TODAY)
    assert found.instruments == ()
    assert {len(column) for column in found.raw.values()} == {0}
    assert len(freeze(found, np.empty(0, np.int64))) == 0
