"""The JSON Schema of a rule's tree, made of the shapes that its reader goes by."""

from collections.abc import Mapping
from typing import Any

from backtest_engine.dsl import limits
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

GROUPS = {"expression": EXPRESSIONS, "deed": DEEDS, "cap": CAPS, "line": LINES}


def rule_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. What it lets through may still be refused for units or words."""
    groups = {
        name: {"oneOf": [{"$ref": f"#/$defs/{kind_of(shape)}"} for shape in shapes]}
        for name, shapes in GROUPS.items()
    }
    parts = {
        kind_of(shape): _object(kind_of(shape), wanted)
        for shapes in GROUPS.values()
        for shape, wanted in shapes.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A backtest rule as a tree",
        "type": "object",
        "properties": {"lines": _list("line", 0, limits.MAX_LINES)},
        "required": ["lines"],
        "additionalProperties": False,
        "$defs": {**groups, **parts},
    }


def _object(kind: str, wanted: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"kind": {"const": kind}, **{name: _of(one) for name, one in wanted.items()}},
        "required": ["kind", *(name for name, one in wanted.items() if not one.optional)],
        "additionalProperties": False,
    }


def _of(field: Field) -> dict[str, Any]:
    one = _plain(field)
    return {"anyOf": [one, {"type": "null"}]} if field.optional else one


def _plain(field: Field) -> dict[str, Any]:
    match field.holds:
        case Holds.EXPRESSION | Holds.DEED:
            return {"$ref": f"#/$defs/{field.holds.name.lower()}"}
        case Holds.EXPRESSIONS:
            return _list("expression", field.least, MOST[field.holds])
        case Holds.CAPS:
            return _list("cap", field.least, MOST[field.holds])
        case Holds.MEMBERS:
            named = {"type": "string", "pattern": PATTERNS[field.holds]}
            return {"type": "array", "items": named, "minItems": 1, "maxItems": MOST[field.holds]}
        case Holds.NUMBER:
            return {"type": "number", "minimum": 0, "maximum": limits.MAX_NUMBER}
        case Holds.WHOLE:
            most = int(limits.MAX_NUMBER)
            return {"type": "integer", "minimum": field.least, "maximum": most}
        case Holds.YES_OR_NO:
            return {"type": "boolean"}
        case Holds.CHOICE:
            return {"enum": list(field.choices)}
    return {"type": "string", "pattern": PATTERNS[field.holds]}


def _list(group: str, least: int, most: int) -> dict[str, Any]:
    one = {"$ref": f"#/$defs/{group}"}
    return {"type": "array", "items": one, "minItems": least, "maxItems": most}
