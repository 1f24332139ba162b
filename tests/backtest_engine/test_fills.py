"""Orders are filled as docs/backtests.md says: later, by real sales, with fees and limits."""

import numpy as np
import pytest

from backtest_engine.metrics import metrics_of
from backtest_engine.result import OUTCOMES, Result
from tests.backtest_engine.markets import Bar, market_of, run

BUY_ALWAYS = "IF close > 0 THEN BUY {} COPIES\n"


def fills_in(result: Result) -> list[tuple[int, int, float, float]]:
    told = result.fills
    columns = (told.day, told.instrument, told.copies, told.price)
    return [(int(d), int(i), float(c), float(p)) for d, i, c, p in zip(*columns, strict=True)]


def outcomes_in(result: Result) -> list[tuple[int, str, float]]:
    told = result.orders
    columns = (told.ended, told.outcome, told.filled)
    return [(int(d), OUTCOMES[o], float(f)) for d, o, f in zip(*columns, strict=True)]


def test_a_decision_is_filled_at_the_next_sale_and_never_at_the_one_it_was_made_on() -> None:
    market = market_of([[Bar(0, 10.0), Bar(5, 12.0), Bar(6, 99.0)]], days=8)
    assert fills_in(run(BUY_ALWAYS.format(1), market))[0] == (5, 0, 1.0, 12.0)


def test_a_sale_of_before_the_decision_fills_nothing_though_it_became_known_after() -> None:
    late = Bar(3, 8.0, happened=1)
    market = market_of([[Bar(1, 10.0), late, Bar(6, 12.0)]], days=8)
    assert fills_in(run(BUY_ALWAYS.format(1), market))[0] == (6, 0, 1.0, 12.0)


def test_a_day_with_a_price_and_no_sale_fills_nothing() -> None:
    market = market_of([[Bar(0, 10.0), Bar(3, 8.0, volume=0), Bar(6, 12.0)]], days=8)
    assert fills_in(run(BUY_ALWAYS.format(1), market))[0] == (6, 0, 1.0, 12.0)


@pytest.mark.parametrize(("fill_at", "price"), [("open", 12.0), ("close", 20.0), ("mid", 14.0)])
def test_the_price_is_that_of_the_assumption(fill_at: str, price: float) -> None:
    market = market_of([[Bar(0, 10.0), Bar(3, 12.0, low=8.0, close=20.0)]], days=5)
    assert fills_in(run(BUY_ALWAYS.format(1), market, fill_at=fill_at))[0][3] == price


def test_fees_and_slippage_are_paid_on_both_sides() -> None:
    market = market_of([[Bar(0, 100.0), Bar(1, 100.0), Bar(2, 200.0), Bar(3, 200.0)]], days=4)
    rule = BUY_ALWAYS.format(1) + "IF holding_days >= 1 THEN SELL ALL\n"
    result = run(rule, market, slippage=0.01)
    assert fills_in(result) == [(1, 0, 1.0, 101.0), (3, 0, -1.0, 198.0)]
    assert result.fills.fee.tolist() == pytest.approx([5.05, 19.8])
    assert result.days.cash[-1] == pytest.approx(1_000 - 101 - 5.05 + 198 - 19.8)


def test_a_bar_fills_its_part_of_the_volume_and_the_rest_waits() -> None:
    bars = [Bar(0, 10.0), Bar(1, 10.0, volume=5), Bar(2, 11.0, volume=1), Bar(3, 12.0, volume=9)]
    result = run(BUY_ALWAYS.format(4), market_of([bars], days=5), participation=0.4)
    # Two of five, at least one, then what is left.
    assert [fill[:3] for fill in fills_in(result)] == [(1, 0, 2.0), (2, 0, 1.0), (3, 0, 1.0)]
    assert outcomes_in(result) == [(3, "filled", 4.0)]


def test_without_a_limit_of_participation_one_bar_fills_all() -> None:
    market = market_of([[Bar(0, 10.0), Bar(1, 10.0)]], days=3)
    assert fills_in(run(BUY_ALWAYS.format(40), market, participation=None))[0][2] == 40.0


def test_an_order_that_finds_no_sale_in_time_expires_and_is_reported() -> None:
    market = market_of([[Bar(0, 10.0), Bar(6, 12.0)]], days=8)
    result = run("IF days_since_sale = 0 THEN BUY 1 COPY", market, max_wait_days=5)
    assert outcomes_in(result) == [(5, "expired", 0.0), (7, "open", 0.0)]
    waited = run("IF days_since_sale = 0 THEN BUY 1 COPY", market, max_wait_days=6)
    assert fills_in(waited) == [(6, 0, 1.0, 12.0)]
    off = run("IF days_since_sale = 0 THEN BUY 1 COPY", market, max_wait_days=None)
    assert fills_in(off) == [(6, 0, 1.0, 12.0)]


def test_whole_copies_are_bought_within_the_budget_fees_included() -> None:
    market = market_of([[Bar(0, 30.0), Bar(1, 30.0, volume=9)]], days=3)
    # 100 of 1,000: three copies cost 94.50 with fees, a fourth would not fit.
    assert fills_in(run("IF close > 0 THEN BUY 10% OF EQUITY", market))[0][2] == 3.0
    most = run("IF close > 0 THEN BUY 10% OF EQUITY, AT MOST 2 COPIES", market)
    assert fills_in(most)[0][2] == 2.0
    part = run("IF close > 0 THEN BUY 10% OF EQUITY", market, lot="fractional", participation=None)
    assert fills_in(part)[0][2] == pytest.approx(100 / 31.5)
    assert part.days.cash[-1] == pytest.approx(900)


def test_what_costs_more_than_its_share_is_not_bought() -> None:
    market = market_of([[Bar(0, 200.0), Bar(1, 200.0)]], days=3)
    assert fills_in(run("IF close > 0 THEN BUY 10% OF EQUITY", market)) == []


def test_quotes_are_no_sales_unless_asked_for_and_then_one_copy_each() -> None:
    bars = [Bar(day, 10.0, volume=0) for day in range(4)]
    market = market_of([bars], days=4, quotes=[True])
    assert fills_in(run(BUY_ALWAYS.format(2), market)) == []
    result = run(BUY_ALWAYS.format(2), market, fill_on_quotes=True)
    assert [fill[:3] for fill in fills_in(result)] == [(1, 0, 1.0), (2, 0, 1.0)]
    assert result.fills.quoted.all()


def test_a_sell_cancels_the_rest_of_a_buy_that_was_filled_in_part() -> None:
    bars = [Bar(0, 10.0), Bar(1, 10.0), Bar(2, 5.0), Bar(3, 5.0)]
    rule = BUY_ALWAYS.format(3) + "IF pnl < -20% THEN SELL ALL\n"
    result = run(rule, market_of([bars], days=4))
    assert fills_in(result)[0][:3] == (1, 0, 1.0)
    # On day 2 the second copy still comes; at its end both are to be sold.
    assert outcomes_in(result)[0] == (2, "cancelled", 2.0)
    assert fills_in(result)[2][:3] == (3, 0, -1.0)


def test_the_highest_score_is_bought_when_cash_is_short() -> None:
    market = market_of([[Bar(0, 60.0), Bar(1, 60.0)], [Bar(0, 70.0), Bar(1, 70.0)]], days=3)
    rule = BUY_ALWAYS.format(1) + "RANK BY {}\n"
    assert fills_in(run(rule.format("close"), market, capital=80.0)) == [(1, 1, 1.0, 70.0)]
    assert fills_in(run(rule.format("-close"), market, capital=80.0)) == [(1, 0, 1.0, 60.0)]


def test_caps_hold_back_what_would_exceed_them() -> None:
    names = [("a", "base1", "raw"), ("b", "base1", "raw"), ("c", "neo1", "raw")]
    bars = [[Bar(0, 10.0), Bar(1, 10.0, volume=50)] for _ in names]
    market = market_of(bars, days=3, names=names)
    rule = "IF close > 0 THEN BUY 20% OF EQUITY\nHOLD {}\n"
    assert {i for _, i, _, _ in fills_in(run(rule.format("AT MOST 2 POSITIONS"), market))} == {0, 1}
    result = run(rule.format("AT MOST 30% IN ONE SET"), market)
    # 20 % of 1,000 buys 19 copies with fees, then 10 % are left in base1, and neo1 is free.
    assert [fill[1:3] for fill in fills_in(result)] == [(0, 19.0), (1, 9.0), (2, 19.0)]


def test_what_rounding_leaves_of_the_cash_buys_no_dust() -> None:
    prices = [7.3 + 1.7 * row for row in range(40)]
    bars = [[Bar(day, price, volume=900) for day in range(6)] for price in prices]
    rule = "IF close > 0 THEN BUY 100% OF EQUITY\nIF holding_days >= 1 THEN SELL ALL\nRANK BY close"
    result = run(rule, market_of(bars, days=6), lot="fractional", capital=1_000.1)
    assert result.fills.instrument.tolist() == [39, 39, 39]  # bought, sold, bought again
    assert (np.abs(result.fills.copies) > 1e-6).all()
    assert metrics_of(result).trades == 1


def test_each_instrument_has_its_own_capital_in_its_own_book() -> None:
    market = market_of([[Bar(0, 60.0), Bar(1, 60.0)], [Bar(0, 70.0), Bar(1, 70.0)]], days=3)
    result = run(BUY_ALWAYS.format(1), market, capital=80.0, book="per_instrument")
    assert fills_in(result) == [(1, 0, 1.0, 60.0), (1, 1, 1.0, 70.0)]
    assert (result.capital, result.days.positions[-1]) == (160.0, 2.0)


def test_an_old_close_still_values_what_is_held_and_is_told_as_stale() -> None:
    market = market_of([[Bar(0, 10.0), Bar(1, 10.0)]], days=50)
    result = run(BUY_ALWAYS.format(1), market)
    assert result.days.value[-1] == 10.0
    assert result.days.stale[46] == 0.0
    assert result.days.stale[47] == 10.0
    assert result.liquidated == pytest.approx(1_000 - 10.5 + 9)


def test_conditions_read_what_is_held() -> None:
    prices = [10.0, 10.0, 11.0, 12.0, 13.0, 13.0]
    market = market_of([[Bar(day, price) for day, price in enumerate(prices)]], days=6)
    for condition in ("pnl > 15%", "close - entry_price >= 2", "holding_days = 2"):
        rule = (
            f"IF days_since_sale = 0 AND close = 10 THEN BUY 1 COPY\nIF {condition} THEN SELL ALL\n"
        )
        assert fills_in(run(rule, market)) == [(1, 0, 1.0, 10.0), (4, 0, -1.0, 13.0)], condition


def test_a_part_is_sold_in_whole_copies() -> None:
    bars = [Bar(day, 10.0, volume=9) for day in range(4)]
    rule = "IF close > 0 THEN BUY 5 COPIES\nIF copies_held = 5 THEN SELL 50%\n"
    result = run(rule, market_of([bars], days=4))
    assert [fill[2] for fill in fills_in(result)] == [5.0, -2.0]
    assert result.held.tolist() == [3.0]


def test_what_is_unknown_neither_buys_nor_sells() -> None:
    market = market_of([[Bar(0, 10.0), Bar(1, 10.0), Bar(60, 10.0)]], days=61)
    rule = "IF days_since_sale = 0 AND NOT momentum(90) > 5% THEN BUY 1 COPY"
    assert fills_in(run(rule, market)) == []
    either = "IF momentum(90) > 5% OR close > 0 THEN BUY 1 COPY\nIF NOT pnl > 5% THEN SELL ALL"
    sold = run(either, market_of([[Bar(0, 10.0), Bar(1, 10.0)]], days=61))
    assert np.unique(sold.orders.decided[sold.orders.side < 0]).max() <= 46
