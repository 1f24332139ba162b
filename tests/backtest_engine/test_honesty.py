"""Properties of every run: money is conserved, the future is unseen, no split changes a byte."""

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.assumptions import Assumptions
from backtest_engine.dsl.checking import understand
from backtest_engine.lookback import lookback_days
from backtest_engine.market import Market
from backtest_engine.result import Result
from backtest_engine.run import BLOCK, across_columns, backtest, merged, shard
from tests.backtest_engine.markets import drawn_market

RULES = [
    "IF momentum(20) > 5% THEN BUY 10% OF EQUITY\nIF pnl < -10% OR holding_days > 30 THEN SELL ALL",
    """UNIVERSE liquidity(60) >= 3
LET cheap = zscore(40) < -0.5
IF cheap AND rank(momentum(10)) < 60% THEN BUY 20% OF EQUITY, AT MOST 3 COPIES
IF signal = BUY AND grade_premium > -5 THEN BUY 2 COPIES
IF close CROSSES ABOVE sma(20) THEN SELL 50%
IF holding_days > 20 AND pnl > 5% THEN SELL 1 COPY
IF set_index(15) < -2% OR pnl > 30% THEN SELL ALL
RANK BY expected_return / risk
HOLD AT MOST 5 POSITIONS, AT MOST 30% IN ONE SET, AT MOST 40% IN ONE CARD""",
]
PRICES = ("open", "high", "low", "close")
terms = st.fixed_dictionaries(
    {
        "book": st.sampled_from(["pooled", "per_instrument"]),
        "lot": st.sampled_from(["whole", "fractional"]),
        "slippage": st.sampled_from([0.0, 0.02]),
        "participation": st.sampled_from([None, 0.5, 1.0]),
        "max_wait_days": st.sampled_from([None, 3, 30]),
        "fill_at": st.sampled_from(["open", "close", "mid"]),
        "fill_on_quotes": st.booleans(),
    }
)
seeds = st.integers(0, 10_000)


def ran(rule: str, market: Market, of: dict[str, Any], capital: float = 2_000.0) -> Result:
    return backtest(understand(rule), market, Assumptions(capital, **of), first=30)


def same_bytes(one: Result, other: Result) -> None:
    for part in ("fills", "orders", "days"):
        for field in fields(getattr(one, part)):
            left, right = (getattr(getattr(two, part), field.name) for two in (one, other))
            assert left.tobytes() == right.tobytes(), f"{part}.{field.name}"
    assert one.held.tobytes() == other.held.tobytes()


@pytest.mark.parametrize("rule", RULES)
@given(seed=seeds, of=terms)
@settings(max_examples=40, deadline=None)
def test_cash_value_and_fees_conserve(rule: str, seed: int, of: dict[str, Any]) -> None:
    result = ran(rule, drawn_market(seed), of)
    fills, days = result.fills, result.days
    spent = np.zeros(len(days.cash))
    np.add.at(spent, fills.day, fills.copies * fills.price + fills.fee)
    np.testing.assert_allclose(days.cash, result.capital - np.cumsum(spent), rtol=1e-9, atol=1e-6)
    assert days.fees.sum() == pytest.approx(fills.fee.sum())
    held = np.zeros(len(result.held))
    np.add.at(held, fills.instrument, fills.copies)
    np.testing.assert_allclose(result.held, held, atol=1e-6)
    assert (days.cash >= -1e-6).all()
    assert (result.held >= 0).all()
    worth = result.held * np.nan_to_num(result.last_close)
    assert days.value[-1] == pytest.approx(worth.sum())
    assert (fills.day > fills.decided).all()
    if of["lot"] == "whole":
        assert (fills.copies == np.round(fills.copies)).all()
    if of["max_wait_days"] is not None:
        assert (fills.day - fills.decided <= of["max_wait_days"]).all()


@pytest.mark.parametrize("rule", RULES)
@given(seed=seeds, of=terms, cut=st.integers(40, 230))
@settings(max_examples=40, deadline=None)
def test_no_decision_changes_when_the_future_is_noise(
    rule: str, seed: int, of: dict[str, Any], cut: int
) -> None:
    market = drawn_market(seed)
    real, noise = ran(rule, market, of), ran(rule, with_noise_after(market, cut, seed), of)
    day = cut - 30  # days of a result count from the first of decisions
    for field in fields(real.fills):
        left, right = (
            getattr(one.fills, field.name)[one.fills.day <= day] for one in (real, noise)
        )
        np.testing.assert_array_equal(left, right, field.name)
    assert decided(real, day) == decided(noise, day)
    assert real.days.equity[: day + 1].tobytes() == noise.days.equity[: day + 1].tobytes()


def decided(result: Result, day: int) -> list[tuple[float, ...]]:
    """Orders of the days up to one, whatever became of them later."""
    orders = result.orders
    kept = orders.decided <= day
    columns = (orders.decided, orders.instrument, orders.side, orders.line, orders.wanted)
    return sorted(zip(*(column[kept].tolist() for column in columns), strict=True))


def with_noise_after(market: Market, cut: int, seed: int) -> Market:
    other = drawn_market(seed + 1)

    def mixed(real: Any, noise: Any) -> Any:
        return np.concatenate([real[:, : cut + 1], noise[:, cut + 1 :]], axis=1)

    names = ("open", "high", "low", "close", "volume", "happened")
    columns = {name: mixed(getattr(market, name), getattr(other, name)) for name in names}
    signals = {name: mixed(column, other.signals[name]) for name, column in market.signals.items()}
    return replace(market, **columns, signals=signals)


@given(seed=seeds, of=terms, power=st.integers(-3, 6))
@settings(max_examples=30, deadline=None)
def test_scaling_prices_and_capital_scales_results(
    seed: int, of: dict[str, Any], power: int
) -> None:
    market, scale = drawn_market(seed), 2.0**power
    of = {**of, "lot": "fractional"}
    prices: dict[str, Any] = {
        name: getattr(market, name) * scale for name in ("open", "high", "low", "close")
    }
    one = ran(RULES[0], market, of)
    other = ran(RULES[0], replace(market, **prices), of, capital=2_000.0 * scale)
    np.testing.assert_array_equal(one.fills.copies, other.fills.copies)
    np.testing.assert_allclose(one.days.equity * scale, other.days.equity, rtol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shards", [(0, 150), (0, 64, 150), (0, 64, 128, 150)])
def test_shards_merge_to_the_same_bytes(rule: str, shards: tuple[int, ...]) -> None:
    market = drawn_market(11, instruments=150)
    asked = Assumptions(2_000.0, book="per_instrument")
    checked = understand(rule)
    across = across_columns(checked, market)
    walks = [
        walk
        for begin, end in pairwise(shards)
        for walk in shard(checked, market, asked, across, begin, end, first=30)
    ]
    whole = backtest(checked, market, asked, first=30)
    assert len(whole.fills.day) > BLOCK
    same_bytes(merged(walks, market, asked, first=30), whole)


@pytest.mark.parametrize("rule", RULES)
def test_the_same_inputs_give_the_same_bytes(rule: str) -> None:
    of = {"book": "pooled"}
    same_bytes(ran(rule, drawn_market(5), of), ran(rule, drawn_market(5), of))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "more",
    [
        "IF volatility(40) > 5% AND atr(10) > 0 THEN BUY 1 COPY",
        "IF sma(momentum(30), 60) CROSSES ABOVE ema(momentum(30), 20) THEN BUY 1 COPY",
        "IF days_since_sale > 3 AND liquidity(90) > 1 THEN BUY 1 COPY",
    ],
)
def test_days_before_what_a_rule_looks_back_to_change_nothing(rule: str, more: str) -> None:
    text = f"{more}\n{rule}"
    checked, asked = understand(text), Assumptions(2_000.0)
    begin = lookback_days(checked)
    market = drawn_market(8, instruments=9, days=begin + 350)
    thinned = np.arange(market.days) % 40 > 30  # long gaps: what is old is seen from far
    bars = {name: np.where(thinned, getattr(market, name), np.nan) for name in PRICES}
    market = replace(market, **bars, volume=np.where(thinned, market.volume, 0.0))  # type: ignore[arg-type]
    whole = backtest(checked, market, asked, first=begin + 200)
    same_bytes(backtest(checked, days_from(market, 200), asked, first=begin), whole)


def days_from(market: Market, first: int) -> Market:
    names = (*PRICES, "volume", "happened")
    columns: dict[str, Any] = {name: getattr(market, name)[:, first:] for name in names}
    signals = {name: column[:, first:] for name, column in market.signals.items()}
    return replace(market, first_day=market.first_day + first, **columns, signals=signals)
