"""Builds the frozen tree of one line from what the parser found, within the limits."""

import re
from typing import Any, cast

from lark import Token, Tree

from backtest_engine.dsl import limits, tree


class Refused(Exception):
    """The line cannot be built; the reader adds line and text."""

    def __init__(self, column: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.column, self.message, self.hint = column, message, hint


class Building:
    """One line; its number and the note behind it are given."""

    def __init__(self, number: int, note: str | None) -> None:
        self.number, self.note = number, note

    def line(self, parsed: Tree[Token]) -> tree.Line:
        """Raises Refused."""
        at = self._at(parsed)
        match parsed.data:
            case "universe":
                return tree.Universe(self._value(parsed, 1), self.note, at=at)
            case "let":
                name = str(parsed.children[1]).lower()
                return tree.Let(name, self._value(parsed, 3), self.note, at=at)
            case "when":
                deed = self._deed(cast("Tree[Token]", parsed.children[3]))
                return tree.When(self._value(parsed, 1), deed, self.note, at=at)
            case "rank":
                return tree.Rank(self._value(parsed, 1), self.note, at=at)
        caps = tuple(self._cap(part) for part in parsed.children if isinstance(part, Tree))
        return tree.Hold(caps, self.note, at=at)

    def _value(self, parsed: Tree[Token], child: int) -> tree.Expression:
        return self._expression(cast("Tree[Token]", parsed.children[child]), 1)

    def _expression(self, parsed: Tree[Token], depth: int) -> tree.Expression:
        at = self._at(parsed)
        if depth > limits.MAX_DEPTH:
            told = f"the expression is nested more than {limits.MAX_DEPTH} deep"
            raise Refused(at.column, told, "name a part of it with LET")
        if parsed.data == "group":
            return self._expression(cast("Tree[Token]", parsed.children[0]), depth)
        tokens = [part for part in parsed.children if isinstance(part, Token)]
        inner = [
            self._expression(part, depth + 1) for part in parsed.children if isinstance(part, Tree)
        ]
        return self._made(str(parsed.data), tokens, inner, at)

    def _made(
        self, kind: str, tokens: list[Token], inner: list[tree.Expression], at: tree.Place
    ) -> tree.Expression:
        if not inner and kind != "call":
            return self._leaf(kind, tokens[0], at)
        match kind:
            case "call":
                return tree.Call(str(tokens[0]).lower(), tuple(inner), at=at)
            case "minus":
                return tree.Minus(inner[0], at=at)
            case "not_":
                return tree.Not(inner[0], at=at)
            case "every":
                return tree.Every(tuple(inner), at=at)
            case "either":
                return tree.Either(tuple(inner), at=at)
            case "membership":
                return self._membership(tokens, inner[0], at)
        word: Any = re.sub(r"\s+", " ", tokens[0].upper())
        if kind == "arithmetic":
            return tree.Arithmetic(word, inner[0], inner[1], at=at)
        if kind == "crossing":
            return tree.Crossing(word.split()[1], inner[0], inner[1], at=at)
        return tree.Comparison(word, inner[0], inner[1], at=at)

    def _leaf(self, kind: str, token: Token, at: tree.Place) -> tree.Expression:
        match kind:
            case "number":
                return tree.Number(_number(token), at=at)
            case "percent":
                return tree.Percent(_number(token), at=at)
            case "name":
                return tree.Name(str(token).lower(), at=at)
            case "action":
                action: Any = token.upper()
                return tree.Action(action, at=at)
        sized = re.match(r"(\d+)\s*([a-z])", token.lower())
        assert sized  # the terminal of a duration matches it  # noqa: S101
        unit: Any = {"d": "days", "w": "weeks", "y": "years"}[sized[2]]
        return tree.Duration(int(_number(token)), unit, at=at)

    def _membership(
        self, tokens: list[Token], subject: tree.Expression, at: tree.Place
    ) -> tree.Expression:
        members = tuple(str(one).lower() for one in tokens if one.type == "MEMBER")
        if len(members) > limits.MAX_MEMBERS:
            raise Refused(at.column, f"the list has more than {limits.MAX_MEMBERS} names")
        return tree.Membership(subject, members, negated=tokens[0].type == "NOT", at=at)

    def _deed(self, parsed: Tree[Token]) -> tree.Deed:
        at, tokens = self._at(parsed), cast("list[Token]", parsed.children)
        numbers = [one for one in tokens if one.type in ("NUMBER", "PERCENT")]
        match parsed.data:
            case "buy_share":
                most = _whole(numbers[1]) if numbers[1:] else None
                return tree.BuyShare(_share(numbers[0]), most, at=at)
            case "buy_copies":
                return tree.BuyCopies(_whole(numbers[0]), at=at)
            case "sell_share":
                return tree.SellShare(_share(numbers[0]), at=at)
            case "sell_copies":
                return tree.SellCopies(_whole(numbers[0]), at=at)
        return tree.SellAll(at=at)

    def _cap(self, parsed: Tree[Token]) -> tree.Cap:
        at, tokens = self._at(parsed), cast("list[Token]", parsed.children)
        if parsed.data == "positions_cap":
            return tree.PositionsCap(_whole(tokens[1]), at=at)
        of: Any = tokens[3].upper()
        if of not in ("SET", "CARD", "GRADE"):
            told = f"{tokens[3]!s:.40} is nothing to have a cap on"
            raise Refused(tokens[3].column or 1, told, "write SET, CARD or GRADE")
        return tree.ShareCap(_share(tokens[1]), of, at=at)

    def _at(self, parsed: Tree[Token]) -> tree.Place:
        return tree.Place(self.number, parsed.meta.column)


def _number(token: Token) -> float:
    written = re.match(r"[\d.]+(e[+-]?\d+)?", token.lower())
    value = float(written[0]) if written else 0.0
    if value > limits.MAX_NUMBER:
        told = f"the number is larger than {limits.MAX_NUMBER:,.0f}"
        raise Refused(token.column or 1, told)
    if 0 < value < limits.MIN_NUMBER:
        told = f"the number is smaller than {limits.MIN_NUMBER:.9f}"
        raise Refused(token.column or 1, told)
    return value


def _whole(token: Token) -> int:
    value = _number(token)
    if value != int(value) or value < 1:
        raise Refused(token.column or 1, f"{token} is no whole number from 1", "write 1, 2, 3 ...")
    return int(value)


def _share(token: Token) -> float:
    value = _number(token)
    if not 0 < value <= 100:
        told = f"{token} is no part of a whole"
        raise Refused(token.column or 1, told, "write more than 0% and at most 100%")
    return value
