"""Rules that make no sense are refused where they do not, with a hint."""

import pytest

from backtest_engine.dsl.checking import check, understand
from backtest_engine.dsl.errors import RuleError
from backtest_engine.dsl.limits import MAX_PROBLEMS
from backtest_engine.dsl.reading import read_rule

SEEDED = """UNIVERSE set IN (base1, neo1) AND grade IN (psa9, psa10) AND liquidity(90) >= 6
LET cheap = zscore(grade_premium, 180) < -1
IF momentum(30) > 8% AND drawdown(90) > -25% AND cheap THEN BUY 5% OF EQUITY, AT MOST 3 COPIES
IF signal = BUY AND conviction >= 0.7 THEN BUY 2% OF EQUITY
IF momentum(30) < -5% OR holding_days > 90 OR pnl < -20% THEN SELL ALL
RANK BY expected_return / risk
HOLD AT MOST 40 POSITIONS, AT MOST 10% IN ONE SET
"""

# Text, column of the mistake, a part of the message, a part of the hint.
NONSENSE = [
    ("IF close + 5% > 3 THEN BUY 1 COPY", 12, "added to a price", "close * (1 + ...)"),
    ("IF 5% + close > 3 THEN BUY 1 COPY", 9, "added to a percentage", "momentum(30)"),
    ("IF close - 5% > 3 THEN BUY 1 COPY", 12, "subtracted from a price", "close * (1"),
    ("IF close > 5% THEN BUY 1 COPY", 12, "held against a percentage", "momentum(30)"),
    ("IF close > volume THEN BUY 1 COPY", 12, "held against a count", ""),
    ("IF close CROSSES ABOVE 5% THEN BUY 1 COPY", 24, "held against", "momentum(30)"),
    ("IF close * close > 3 THEN BUY 1 COPY", 12, "not multiplied by a price", "plain number"),
    ("IF 1 / close > 3 THEN BUY 1 COPY", 8, "divided by a price", "plain number"),
    ("IF momentum30 > 5% THEN BUY 1 COPY", 4, "no word", "momentum(30)"),
    ("IF momentm(30) > 5% THEN BUY 1 COPY", 4, "no word", "momentum(30)"),
    ("IF momentum(30) > 8 THEN BUY 1 COPY", 19, "which is 800%", "did you mean 8%"),
    ("IF momentum(30) < -5 THEN BUY 1 COPY", 19, "which is -500%", "did you mean -5%"),
    ("IF momentum > 5% THEN BUY 1 COPY", 4, "needs", "momentum(30)"),
    ("IF close(3) > 5 THEN BUY 1 COPY", 4, "takes no arguments", "close"),
    ("IF momentum(30, 4, 5) > 5% THEN BUY 1 COPY", 4, "here are 3 arguments", "momentum(30)"),
    ("IF momentum(0) > 5% THEN BUY 1 COPY", 13, "a window is 1 to 1,830", "90"),
    ("IF momentum(6 years) > 5% THEN BUY 1 COPY", 13, "a window is 1 to 1,830", "90"),
    ("IF momentum(1.5) > 5% THEN BUY 1 COPY", 13, "no whole number of days", "30 days"),
    ("IF sma(5, 30) > 5 THEN BUY 1 COPY", 8, "has no history", "close"),
    ("IF bollinger_upper(20, 0) > 5 THEN BUY 1 COPY", 24, "no number above 0", "2"),
    ("IF close THEN BUY 1 COPY", 4, "a price, no condition", "compare it"),
    ("IF NOT close THEN BUY 1 COPY", 8, "a price, no condition", "compare it"),
    ("IF (close > 1) > 1 THEN BUY 1 COPY", 5, "not compared", "AND or OR"),
    ("IF (close > 1) + 1 > 1 THEN BUY 1 COPY", 5, "a condition, no value", "close"),
    ("IF signal > BUY THEN BUY 1 COPY", 13, "an action is = or !=", "signal = BUY"),
    ("IF grade > psa9 THEN BUY 1 COPY", 4, "has no order", "NOT IN"),
    ("IF set = 5 THEN BUY 1 COPY", 10, "one by name", "IN"),
    ("IF close IN (base1) THEN BUY 1 COPY", 4, "not set, grade or card", "set IN"),
    ("IF pnl > 5% THEN BUY 1 COPY", 4, "cannot depend on what is held", "SELL"),
]


def test_the_example_of_the_language_makes_sense() -> None:
    checked = understand(SEEDED)
    assert len(checked.whens) == 3
    assert [type(cap).__name__ for cap in checked.caps] == ["PositionsCap", "ShareCap"]


@pytest.mark.parametrize(("text", "column", "message", "hint"), NONSENSE)
def test_nonsense_is_told_with_line_column_caret_and_hint(
    text: str, column: int, message: str, hint: str
) -> None:
    with pytest.raises(RuleError) as refused:
        understand(f"# a note\n{text}\nIF close > 0 THEN BUY 1 COPY")
    problem = refused.value.problems[0]
    assert (problem.line, problem.column) == (2, column)
    assert message in problem.message
    assert hint in (problem.hint or "")
    assert str(problem).split("\n")[1:3] == [f"  {text}", f"  {' ' * (column - 1)}^"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("LET close = 3", "is a word of the language"),
        ("LET a = 3\nLET a = 4", "has a meaning already"),
        ("LET a = signal", "a value or a condition, and this is an action"),
        ("LET a = b\nLET b = 3", "'b' is no word"),
        ("UNIVERSE close > 3\nUNIVERSE close < 9", "there is a UNIVERSE line above"),
        ("UNIVERSE holding_days > 3", "cannot depend on what is held"),
        ("RANK BY pnl", "cannot depend on what is held"),
        ("RANK BY close > 3", "a rank is by a value"),
        ("LET mine = pnl > 5%\nIF mine THEN BUY 1 COPY", "cannot depend on what is held"),
        ("LET age = holding_days\nIF sma(age, 3) > 4 THEN SELL ALL", "has no history"),
    ],
)
def test_lines_that_do_not_go_together_are_told(lines: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        understand(f"{lines}\nIF close > 0 THEN BUY 1 COPY")


def test_a_rule_that_never_buys_is_refused() -> None:
    with pytest.raises(RuleError, match="nothing is ever bought"):
        understand("IF close > 3 THEN SELL ALL")


def test_every_mistake_is_told_up_to_a_limit() -> None:
    with pytest.raises(RuleError) as refused:
        understand("IF closse > 1 THEN BUY 1 COPY\n" * 50)
    assert [problem.line for problem in refused.value.problems] == [*range(1, MAX_PROBLEMS + 1)]


def test_a_tree_without_text_is_told_in_its_formatted_lines() -> None:
    rule = read_rule("IF   close+5%>3 THEN BUY 1 COPY")
    with pytest.raises(RuleError, match=r"line 1, column 12: .*\n  IF close \+ 5% > 3"):
        check(rule)


@pytest.mark.parametrize(
    "condition",
    [
        "close / sma(30) - 1 > 5%",
        "close > sma(30) * 1.05 + 2",
        "close * volume > 500",
        "liquidity(90) / 3 >= 2",
        "holding_days > 90 days OR holding_days > 90",
        "zscore(momentum(7), 90) > 2 * zscore(90)",
        "conviction * expected_return > 2%",
        "rank(momentum(30) / volatility(90)) > 90%",
        "set = base1 OR card NOT IN (base1-4, base1-4~1st) OR grade != psa8.5",
        "close CROSSES ABOVE bollinger_upper(20, 2)",
        "-momentum(30) > 5%",
    ],
)
def test_sense_passes(condition: str) -> None:
    understand(f"IF {condition} THEN SELL ALL\nIF close > 0 THEN BUY 1 COPY")
