"""Reads the text of a rule into its tree, line by line; every mistake is located."""

from collections.abc import Sequence
from functools import cache

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from backtest_engine.dsl import limits
from backtest_engine.dsl.building import Building, Refused
from backtest_engine.dsl.errors import Problem, RuleError
from backtest_engine.dsl.grammar import GRAMMAR
from backtest_engine.dsl.suggestions import expected_words, hint_for
from backtest_engine.dsl.tree import Blank, Line, Note, Place, Rule


def read_rule(text: str) -> Rule:
    """The tree of the text. Raises RuleError with every line that is not understood.

    Whether words and units fit together is for `checking.check`.
    """
    refuse_oversized(text)
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, source in enumerate(text.split("\n"), start=1):
        try:
            lines += _read_line(source.removesuffix("\r"), number)
        except RuleError as error:
            problems += error.problems
    if problems:
        raise RuleError(tuple(problems[: limits.MAX_PROBLEMS]))
    while lines and isinstance(lines[-1], Blank):
        lines.pop()
    return Rule(tuple(lines))


def refuse_oversized(text: str) -> None:
    """Raises RuleError before anything is parsed."""
    sources = text.split("\n")
    if len(text) > limits.MAX_CHARACTERS:
        raise _one(1, 1, f"the rule has more than {limits.MAX_CHARACTERS:,} characters")
    if len(sources) > limits.MAX_LINES:
        raise _one(limits.MAX_LINES + 1, 1, f"the rule has more than {limits.MAX_LINES} lines")
    for number, source in enumerate(sources, start=1):
        if len(source) > limits.MAX_LINE_CHARACTERS:
            most = limits.MAX_LINE_CHARACTERS
            raise _one(number, most + 1, f"the line has more than {most:,} characters")


def _read_line(source: str, number: int) -> Sequence[Line]:
    code, mark, comment = source.partition("#")
    note = comment.strip() if mark else None
    if not code.strip():
        at = Place(number, len(code) + 1)
        return [Blank(at=at) if note is None else Note(note, at=at)]
    try:
        _refuse_deep(code)
        return [Building(number, note).line(_parser().parse(code))]
    except UnexpectedInput as error:
        raise RuleError((_unexpected(error, code, number),)) from error
    except Refused as error:
        raise RuleError((Problem(number, error.column, error.message, error.hint, code),)) from None


def _refuse_deep(code: str) -> None:
    """Before parsing: what nests too deep is not even read."""
    depth = 0
    for column, sign in enumerate(code, start=1):
        depth += (sign == "(") - (sign == ")")
        if depth > limits.MAX_DEPTH:
            raise Refused(column, f"more than {limits.MAX_DEPTH} parentheses are open here")


def _unexpected(error: UnexpectedInput, code: str, number: int) -> Problem:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        found, column, allowed = str(error.token), error.token.column or 1, error.accepts
    elif isinstance(error, UnexpectedToken):
        found, column, allowed = "", len(code.rstrip()) + 1, error.accepts
    elif isinstance(error, UnexpectedCharacters):
        found, column, allowed = _word_at(code, error.column), error.column, error.allowed
    else:
        found, column, allowed = "", len(code.rstrip()) + 1, set()
    opened = _never_closed(code) if "_CLOSE" in (allowed or ()) else None
    if opened is not None and (not found or found.upper() == "THEN"):
        return Problem(number, opened, "this parenthesis is never closed", "add ) to it", code)
    told = expected_words(allowed or set())
    begin = f"{found!r} is not understood here" if found else "the line ends too early"
    return Problem(number, column, f"{begin}; {told}", hint_for(found, allowed or set()), code)


def _never_closed(code: str) -> int | None:
    """The column of the innermost open parenthesis that has no partner."""
    open_columns: list[int] = []
    for column, sign in enumerate(code, start=1):
        if sign == "(":
            open_columns.append(column)
        elif sign == ")" and open_columns:
            open_columns.pop()
    return open_columns[-1] if open_columns else None


def _word_at(code: str, column: int) -> str:
    rest = code[column - 1 :]
    for length, sign in enumerate(rest):
        if not (sign.isalnum() or sign == "_"):
            return rest[: max(length, 1)]
    return rest


def _one(line: int, column: int, message: str) -> RuleError:
    return RuleError((Problem(line, column, message),))


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, start="statement", parser="lalr", propagate_positions=True)
