"""Each word means what its formula says, and each example on the page runs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backtest_engine.columns import Columns
from backtest_engine.dsl import tree
from backtest_engine.dsl.checking import understand
from backtest_engine.dsl.page import BUY_AND_HOLD, example
from backtest_engine.dsl.reading import read_rule
from backtest_engine.dsl.words import NAMED, WORDS, Word
from backtest_engine.lookback import lookback_days
from backtest_engine.market import Market
from tests.backtest_engine.markets import Bar, drawn_market, market_of, run
from tests.backtest_engine.plain_words import WORDS as PLAIN

MARKET = drawn_market(3, instruments=9, days=160)


def column(condition: str, market: Market = MARKET) -> np.ndarray:
    line = read_rule(f"LET x = {condition}").lines[0]
    assert isinstance(line, tree.Let)
    return np.asarray(Columns(market).of(line.value))


@pytest.mark.parametrize(
    "word",
    [word for word in WORDS.values() if not word.of_position and word.unit not in NAMED],
    ids=lambda word: word.name,
)
def test_a_word_is_its_formula_in_every_cell(word: Word) -> None:
    found = column(word.example)
    cells = [(i, t) for i in range(MARKET.instruments) for t in range(MARKET.days)]
    told = np.array([PLAIN[word.name](MARKET, i, t) for i, t in cells]).reshape(found.shape)
    np.testing.assert_allclose(found, told, rtol=1e-9, atol=1e-9)
    assert np.isfinite(found).sum() > 50


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_the_example_of_each_word_runs_and_trades(word: Word) -> None:
    rule = f"{example(word)}\n{BUY_AND_HOLD}" if word.of_position else example(word)
    result = run(rule, MARKET, capital=10_000.0)
    assert (result.fills.line == 0).any()


@pytest.mark.parametrize(
    "word",
    [word for word in WORDS.values() if not word.of_position and word.unit not in NAMED],
    ids=lambda word: word.name,
)
def test_no_word_looks_further_back_than_it_says(word: Word) -> None:
    begin = lookback_days(understand(example(word)))
    market = drawn_market(4, instruments=9, days=begin + 300)
    first = begin + 100
    # The newest bar of before the cut is all there is of the first instruments for a long time.
    silent = np.zeros(market.close.shape, bool)
    silent[:3, 90 : first + 20] = True
    bars: dict[str, Any] = {
        name: np.where(silent, np.nan, getattr(market, name))
        for name in ("open", "high", "low", "close")
    }
    market = replace(market, **bars, volume=np.where(silent, 0.0, market.volume))
    cut: dict[str, Any] = {
        name: getattr(market, name)[:, 100:]
        for name in ("open", "high", "low", "close", "volume", "happened")
    }
    signals = {name: column[:, 100:] for name, column in market.signals.items()}
    later = replace(market, first_day=market.first_day + 100, **cut, signals=signals)
    whole = column(word.example, market)[:, first:]
    np.testing.assert_array_equal(whole, column(word.example, later)[:, begin:])


def test_a_window_reads_any_series() -> None:
    np.testing.assert_allclose(
        column("zscore(momentum(7), 20)"),
        (column("momentum(7)") - column("sma(momentum(7), 20)"))
        / ((column("bollinger_upper(20, 1)") * 0) + _deviation("momentum(7)", 20)),
        rtol=1e-9,
    )


def _deviation(series: str, window: int) -> np.ndarray:
    """From the two means: E[x^2] - E[x]^2."""
    mean = column(f"sma({series}, {window})")
    squares = column(f"sma({series} * {series}, {window})")
    return np.asarray(np.sqrt(squares - mean**2))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        # Closes 10, 12, missing for long, and what each is held against.
        ("close > 11", [0, 1, np.nan]),
        ("NOT close > 11", [1, 0, np.nan]),
        ("close > 11 OR close > 0", [1, 1, np.nan]),
        ("close > 11 OR volume = 0", [0, 1, 1]),
        ("close > 11 AND volume > 0", [0, 1, 0]),
        ("close > 11 AND days_since_sale >= 0", [0, 1, np.nan]),
        ("close CROSSES ABOVE 11", [np.nan, 1, np.nan]),
        ("close CROSSES BELOW 11", [np.nan, 0, np.nan]),
        ("set IN (base1) AND grade = RAW", [1, 1, 1]),
        ("set NOT IN (base1) OR grade != raw", [0, 0, 0]),
        ("close / (close - 10) > 1", [np.nan, 1, np.nan]),
    ],
)
def test_unknown_is_neither_true_nor_false(condition: str, told: list[float]) -> None:
    market = market_of([[Bar(0, 10.0), Bar(1, 12.0)]], days=48)
    np.testing.assert_array_equal(column(condition, market)[0, [0, 1, 47]], told)
