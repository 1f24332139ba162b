"""A rule as JSON and back without loss: what a builder on a page edits."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from backtest_engine.dsl import limits, tree
from backtest_engine.dsl.errors import TreeError
from backtest_engine.dsl.formatting import format_rule
from backtest_engine.dsl.reading import read_rule
from backtest_engine.dsl.shapes import (
    CAPS,
    DEEDS,
    EXPRESSIONS,
    LINES,
    MOST,
    PATTERNS,
    Field,
    Holds,
    kind_of,
)

Shapes = Mapping[type, Mapping[str, Field]]


def to_json(rule: tree.Rule) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers; the schema is `schema.rule_schema`."""
    return {"lines": [_told(line) for line in rule.lines]}


def from_json(told: object) -> tree.Rule:
    """The rule, with the places it has in the formatted text.

    Raises TreeError with the path of what does not fit the shape, and RuleError where the text of
    it is none (a name that is a keyword, a line too long).
    """
    if not isinstance(told, dict) or set(told) != {"lines"} or not isinstance(told["lines"], list):
        raise TreeError("", "write an object with a list `lines` and nothing else")
    if len(told["lines"]) > limits.MAX_LINES:
        raise TreeError("lines", f"there are more than {limits.MAX_LINES} lines")
    lines = [_read(one, LINES, f"lines[{n}]", 0) for n, one in enumerate(told["lines"])]
    rule = tree.Rule(tuple(lines))
    understood = read_rule(format_rule(rule))
    if understood != rule:
        pairs = zip(rule.lines, understood.lines, strict=False)
        place = next((n for n, (one, other) in enumerate(pairs) if one != other), len(lines) - 1)
        raise TreeError(f"lines[{place}]", "written as text it would mean something else")
    return understood


def _told(value: Any) -> Any:
    if isinstance(value, tree.Placed):
        held = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "at"}
        given = {name: _told(one) for name, one in held.items() if one is not None}
        return {"kind": kind_of(type(value)), **given}
    if isinstance(value, tuple):
        return [_told(one) for one in value]
    if isinstance(value, float) and value == int(value):
        return int(value)  # 8 is read back as 8.0
    return value


def _read(told: object, shapes: Shapes, path: str, depth: int) -> Any:
    if depth > limits.MAX_DEPTH:
        raise TreeError(path, f"it is nested more than {limits.MAX_DEPTH} deep")
    if not isinstance(told, dict):
        raise TreeError(path, "write an object with a `kind`")
    kinds = {kind_of(shape): shape for shape in shapes}
    kind = told.get("kind")
    shape = kinds.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise TreeError(path, f"{kind!r:.40} is no kind that fits; write one of {', '.join(kinds)}")
    wanted = shapes[shape]
    strange = sorted(str(name) for name in set(told) - {"kind", *wanted})
    if strange:
        raise TreeError(
            path, f"{kind} has no {strange[0]:.40}; it has {', '.join(wanted) or 'none'}"
        )
    given = {
        name: _field(told.get(name), field, f"{path}.{name}", depth)
        for name, field in wanted.items()
        if not (field.optional and told.get(name) is None)
    }
    return shape(**given)


def _field(told: object, field: Field, path: str, depth: int) -> Any:
    match field.holds:
        case Holds.EXPRESSION:
            return _read(told, EXPRESSIONS, path, depth + 1)
        case Holds.DEED:
            return _read(told, DEEDS, path, depth + 1)
        case Holds.EXPRESSIONS | Holds.CAPS | Holds.MEMBERS:
            return tuple(_list(told, field, path, depth))
        case Holds.NUMBER | Holds.WHOLE:
            return _number(told, field, path)
        case Holds.YES_OR_NO:
            if isinstance(told, bool):
                return told
        case Holds.CHOICE:
            if told in field.choices:
                return told
            raise TreeError(path, f"write one of {', '.join(field.choices)}")
        case _:
            if isinstance(told, str) and re.match(PATTERNS[field.holds], told):
                return told
    raise TreeError(path, f"write {field.holds.value}")


def _list(told: object, field: Field, path: str, depth: int) -> list[Any]:
    most = MOST[field.holds]
    if not isinstance(told, list) or not field.least <= len(told) <= most:
        raise TreeError(path, f"write {field.holds.value} with {field.least} to {most:,} members")
    if field.holds is Holds.MEMBERS:
        pattern = PATTERNS[Holds.MEMBERS]
        for n, one in enumerate(told):
            if not (isinstance(one, str) and re.match(pattern, one)):
                raise TreeError(f"{path}[{n}]", "write a name in small letters, as base1")
        return told
    shapes = CAPS if field.holds is Holds.CAPS else EXPRESSIONS
    return [_read(one, shapes, f"{path}[{n}]", depth + 1) for n, one in enumerate(told)]


def _number(told: object, field: Field, path: str) -> float | int:
    least = field.least if field.holds is Holds.WHOLE else 0
    if (
        isinstance(told, int | float)
        and not isinstance(told, bool)
        and least <= told <= limits.MAX_NUMBER
        and (field.holds is Holds.NUMBER or told == int(told))
    ):
        return float(told) if field.holds is Holds.NUMBER else int(told)
    raise TreeError(path, f"write {field.holds.value}, at most {limits.MAX_NUMBER:,.0f}")
