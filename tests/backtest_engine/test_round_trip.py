"""Text, tree and JSON say the same: each way and back changes nothing."""

import json

import jsonschema
import pytest
from hypothesis import assume, given, settings

from backtest_engine.dsl.errors import TreeError
from backtest_engine.dsl.formatting import format_rule
from backtest_engine.dsl.json_tree import from_json, to_json
from backtest_engine.dsl.limits import MAX_LINE_CHARACTERS
from backtest_engine.dsl.reading import read_rule
from backtest_engine.dsl.schema import rule_schema
from backtest_engine.dsl.tree import Rule
from tests.backtest_engine.rule_trees import rules

SCHEMA = jsonschema.Draft202012Validator(rule_schema())


@given(rules)
@settings(max_examples=200, deadline=None)
def test_any_rule_is_read_back_from_its_text_as_it_was(rule: Rule) -> None:
    text = format_rule(rule)
    assume(max(map(len, text.split("\n"))) <= MAX_LINE_CHARACTERS)
    assert read_rule(text) == rule
    assert format_rule(read_rule(text)) == text


@given(rules)
@settings(max_examples=200, deadline=None)
def test_any_rule_is_read_back_from_its_json_as_it_was_and_fits_the_schema(rule: Rule) -> None:
    assume(max(map(len, format_rule(rule).split("\n"))) <= MAX_LINE_CHARACTERS)
    told = json.loads(json.dumps(to_json(rule)))
    SCHEMA.validate(told)
    assert from_json(told) == rule


def test_the_formatter_keeps_what_parentheses_mean_and_drops_the_others() -> None:
    text = "if ((a + b)) * (c) > (2) and (not (x = 1 or y = 2)) then sell   all\n"
    assert format_rule(read_rule(text)) == (
        "IF (a + b) * c > 2 AND NOT (x = 1 OR y = 2) THEN SELL ALL\n"
    )


def test_notes_and_empty_lines_stay() -> None:
    text = "# first\n\nIF close > 1 THEN BUY 1 COPY  # because\n#\n"
    assert format_rule(read_rule(text)) == text


def line(**when: object) -> dict[str, object]:
    return {"lines": [{"kind": "when", "deed": {"kind": "sell_all"}, **when}]}


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ([], "the tree"),
        ({"lines": [], "more": 1}, "the tree"),
        ({"lines": [{"kind": "wish"}]}, "lines[0]"),
        ({"lines": [7]}, "lines[0]"),
        (line(), "lines[0].condition"),
        (line(condition={"kind": "number", "value": "8"}), "lines[0].condition.value"),
        (line(condition={"kind": "number", "value": True}), "lines[0].condition.value"),
        (line(condition={"kind": "number", "value": -1}), "lines[0].condition.value"),
        (line(condition={"kind": "number", "value": float("nan")}), "lines[0].condition.value"),
        (line(condition={"kind": "every", "conditions": []}), "lines[0].condition.conditions"),
        (line(condition={"kind": "name", "name": "A b"}), "lines[0].condition.name"),
        (line(condition={"kind": "name", "name": "a", "x": 1}), "lines[0].condition"),
        (line(condition={"kind": "name", "name": "a"}, note="two\nlines"), "lines[0].note"),
        (line(condition={"kind": "duration", "value": 1.5, "unit": "days"}), "condition.value"),
    ],
)
def test_a_tree_that_is_none_is_refused_with_its_path(told: object, path: str) -> None:
    with pytest.raises(TreeError) as refused:
        from_json(told)
    assert path in str(refused.value)


def test_a_tree_nested_without_end_is_refused() -> None:
    deep: dict[str, object] = {"kind": "number", "value": 1}
    for _ in range(500):
        deep = {"kind": "minus", "value": deep}
    with pytest.raises(TreeError, match="nested more than 40 deep"):
        from_json(line(condition=deep))
