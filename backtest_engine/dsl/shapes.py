"""The JSON shape of each part of a tree: its kind, its fields and what a field may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from backtest_engine.dsl import limits, tree


class Holds(Enum):
    """What a field holds."""

    EXPRESSION = "an expression"
    EXPRESSIONS = "a list of expressions"
    NUMBER = "a number from 0"
    WHOLE = "a whole number from 1"
    CHOICE = "one of a few words"
    NAME = "a name of small letters, digits and _"
    MEMBERS = "a list of names"
    YES_OR_NO = "true or false"
    DEED = "a deed"
    CAPS = "a list of caps"
    TEXT = "one line of text"


@dataclass(frozen=True)
class Field:
    """`least` members of a list; an `optional` one may be left out or null."""

    holds: Holds
    choices: tuple[str, ...] = ()
    least: int = 1
    optional: bool = False


EXPRESSION = Field(Holds.EXPRESSION)
NUMBER = Field(Holds.NUMBER)
WHOLE = Field(Holds.WHOLE)
NAME = Field(Holds.NAME)
NOTE = {"note": Field(Holds.TEXT, optional=True)}
SIDES = {"left": EXPRESSION, "right": EXPRESSION}
PATTERNS = {
    Holds.NAME: r"^[a-z_][a-z0-9_]*(\.[0-9]+)?$",
    Holds.MEMBERS: r"^[a-z0-9][a-z0-9_.~-]*$",
    Holds.TEXT: r"^(\S([^\r\n]*\S)?)?$",
}


def _choice(*choices: str) -> Field:
    return Field(Holds.CHOICE, choices)


EXPRESSIONS: Mapping[type, Mapping[str, Field]] = {
    tree.Number: {"value": NUMBER},
    tree.Percent: {"value": NUMBER},
    tree.Duration: {
        "value": Field(Holds.WHOLE, least=0),
        "unit": _choice("days", "weeks", "years"),
    },
    tree.Action: {"action": _choice("BUY", "HOLD", "SELL")},
    tree.Name: {"name": NAME},
    tree.Call: {"name": NAME, "arguments": Field(Holds.EXPRESSIONS)},
    tree.Minus: {"value": EXPRESSION},
    tree.Not: {"condition": EXPRESSION},
    tree.Arithmetic: {"sign": _choice("+", "-", "*", "/"), **SIDES},
    tree.Comparison: {"sign": _choice("<", "<=", ">", ">=", "=", "!="), **SIDES},
    tree.Crossing: {"direction": _choice("ABOVE", "BELOW"), **SIDES},
    tree.Membership: {
        "subject": EXPRESSION,
        "members": Field(Holds.MEMBERS),
        "negated": Field(Holds.YES_OR_NO),
    },
    tree.Every: {"conditions": Field(Holds.EXPRESSIONS, least=2)},
    tree.Either: {"conditions": Field(Holds.EXPRESSIONS, least=2)},
}
DEEDS: Mapping[type, Mapping[str, Field]] = {
    tree.BuyShare: {"percent": NUMBER, "at_most_copies": Field(Holds.WHOLE, optional=True)},
    tree.BuyCopies: {"copies": WHOLE},
    tree.SellAll: {},
    tree.SellShare: {"percent": NUMBER},
    tree.SellCopies: {"copies": WHOLE},
}
CAPS: Mapping[type, Mapping[str, Field]] = {
    tree.PositionsCap: {"positions": WHOLE},
    tree.ShareCap: {"percent": NUMBER, "of": _choice("SET", "CARD", "GRADE")},
}
LINES: Mapping[type, Mapping[str, Field]] = {
    tree.Universe: {"condition": EXPRESSION, **NOTE},
    tree.Let: {"name": NAME, "value": EXPRESSION, **NOTE},
    tree.When: {"condition": EXPRESSION, "deed": Field(Holds.DEED), **NOTE},
    tree.Rank: {"score": EXPRESSION, **NOTE},
    tree.Hold: {"caps": Field(Holds.CAPS), **NOTE},
    tree.Note: {"text": Field(Holds.TEXT)},
    tree.Blank: {},
}
MOST = {
    Holds.MEMBERS: limits.MAX_MEMBERS,
    Holds.EXPRESSIONS: limits.MAX_LINE_CHARACTERS // 2,
    Holds.CAPS: 10,
}


def kind_of(shape: type) -> str:
    """`BuyShare` is written buy_share."""
    letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in shape.__name__)
    return "".join(letters).lstrip("_")
