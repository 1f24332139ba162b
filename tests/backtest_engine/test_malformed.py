"""No text whatever ends in anything but a rule or a located mistake."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backtest_engine.dsl import limits
from backtest_engine.dsl.checking import understand
from backtest_engine.dsl.errors import RuleError
from tests.backtest_engine.test_units import SEEDED

# Text and the column of its first mistake.
MALFORMED = [
    ("IF (momentum(30) > 5% THEN BUY 1 COPY", 4),
    ("IF ((close > 5) AND (volume > 1) THEN BUY 1 COPY", 4),
    ("IF momentum(30 > 5% THEN BUY 1 COPY", 12),
    ("IF momentum(30) > AND close > 3 THEN BUY 1 COPY", 19),
    ("IF momentum(30) > 8% AND THEN BUY 1 COPY", 26),
    ("IF close > 5 BUY 1 COPY", 14),
    ("IF close > 5) THEN BUY 1 COPY", 13),
    ("IF close >> 5 THEN BUY 1 COPY", 11),
    ("IF close > $5 THEN BUY 1 COPY", 12),
    ("IF close > 5 THEN", 18),
    ("IF close > 5 THEN BUY", 22),
    ("IF close > 5 THEN BUY 5% OF EQUTY", 26),
    ("IF close > 5 THEN BUY 0 COPIES", 23),
    ("IF close > 5 THEN BUY 1.5 COPIES", 23),
    ("IF close > 5 THEN BUY 101% OF EQUITY", 23),
    ("IF close > 5 THEN SELL 0%", 24),
    ("IF grade IN () THEN BUY 1 COPY", 14),
    ("IF grade IN (psa10,) THEN BUY 1 COPY", 20),
    ("IF close > 5 5 THEN BUY 1 COPY", 14),
    ("IF close > 1e99 THEN BUY 1 COPY", 12),
    ("IF close > 0.0000000001 THEN BUY 1 COPY", 12),
    ("LET = 3", 5),
    ("LET and = 3", 5),
    ("LET 3 = 4", 5),
    ("RANK momentum(30)", 1),
    ("HOLD AT MOST 5", 15),
    ("HOLD AT MOST 5% IN ONE PURSE", 24),
    ("BUY 5%", 1),
    ("UNIVERSE", 9),
    ("__import__('os')", 1),
    ("IF close > 5 THEN BUY 1 COPY; DROP TABLE", 29),
    ("\x00", 1),
]


@pytest.mark.parametrize(("text", "column"), MALFORMED)
def test_a_malformed_line_is_told_where_it_goes_wrong(text: str, column: int) -> None:
    with pytest.raises(RuleError) as refused:
        understand(text)
    problem = refused.value.problems[0]
    assert (problem.line, problem.column) == (1, column)


@pytest.mark.parametrize(
    "text",
    [
        "#" * (limits.MAX_CHARACTERS + 1),
        "#\n" * (limits.MAX_LINES + 1),
        "IF close > 1" + " + 1" * limits.MAX_LINE_CHARACTERS + " THEN SELL ALL",
        "IF " + "(" * 500 + "close > 1" + ")" * 500 + " THEN SELL ALL",
        "IF " + "NOT " * 400 + "close > 1 THEN SELL ALL",
        "IF " + "-" * 400 + "close > 1 THEN SELL ALL",
        "IF card IN (" + ", ".join(["a"] * (limits.MAX_MEMBERS + 1)) + ") THEN SELL ALL",
    ],
)
def test_a_rule_beyond_the_limits_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        understand(text)


pieces = st.sampled_from(SEEDED.replace("\n", " \n ").replace("(", " ( ").split(" ")) | st.text(
    max_size=3
)


@given(st.lists(pieces, max_size=30).map(" ".join))
@example("IF\tclose > 1 THEN BUY 1 COPY\r\n")
@settings(max_examples=250, deadline=None)
def test_any_text_is_a_rule_or_is_refused_with_a_place_in_it(text: str) -> None:
    told_or_understood(text)


@given(st.integers(0, len(SEEDED)), st.integers(0, 12), st.text(max_size=4) | pieces)
@settings(max_examples=250, deadline=None)
def test_a_damaged_rule_is_a_rule_or_is_refused_with_a_place_in_it(
    at: int, lost: int, instead: str
) -> None:
    told_or_understood(SEEDED[:at] + instead + SEEDED[at + lost :])


def told_or_understood(text: str) -> None:
    try:
        understand(text)
        return
    except RuleError as error:
        problems = error.problems
    assert problems
    sources = text.split("\n")
    for problem in problems:
        assert 1 <= problem.line <= len(sources)
        assert 1 <= problem.column <= len(sources[problem.line - 1]) + 1
        assert problem.message
