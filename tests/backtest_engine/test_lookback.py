"""A rule says how many days before its first decision it needs."""

import pytest

from backtest_engine.dsl.checking import understand
from backtest_engine.lookback import lookback_days

STALE, YEAR = 45, 365


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("close > 0", YEAR),
        ("sma(400) > 0", 400),
        ("sma(2 years) > 0", 730),
        ("ema(150) > 0", 600),
        ("zscore(momentum(300), 200) > 0", 500),
        ("sma(close, 400) CROSSES ABOVE 5", 401),
        ("volatility(90) > 1%", 90 + YEAR),
        ("close > 0 AND (volume > 1 OR lowest(500) > 1)", 500),
    ],
)
def test_the_longest_chain_of_windows_counts(condition: str, days: int) -> None:
    assert lookback_days(understand(f"IF {condition} THEN BUY 1 COPY")) == days + STALE


def test_universe_selling_and_rank_are_read_too() -> None:
    rule = "IF close > 0 THEN BUY 1 COPY\n{}"
    for line in (
        "UNIVERSE liquidity(700) > 1",
        "IF momentum(700) > 1% THEN SELL ALL",
        "RANK BY momentum(700)",
    ):
        assert lookback_days(understand(rule.format(line))) == 700 + STALE
