"""Finds the unit of an expression and tells every place where units or arguments do not fit."""

from collections.abc import Mapping

from backtest_engine.dsl import limits, tree
from backtest_engine.dsl.errors import Problem
from backtest_engine.dsl.formatting import format_expression
from backtest_engine.dsl.parts import everything
from backtest_engine.dsl.suggestions import meant
from backtest_engine.dsl.tree import Expression
from backtest_engine.dsl.units import joined, product, quotient
from backtest_engine.dsl.words import MEASURED, NAMED, WORDS, Argument, Unit, Word


class Measuring:
    """`units` and `lets` are of the LETs above. A unit of None has been complained about."""

    def __init__(
        self,
        units: Mapping[str, Unit | None],
        lets: Mapping[str, Expression],
        problems: list[Problem],
    ) -> None:
        self._units, self._lets, self._problems = units, lets, problems

    def unit(self, expression: Expression) -> Unit | None:
        """The unit; problems are added to the list."""
        match expression:
            case tree.Number():
                return Unit.BARE
            case tree.Percent():
                return Unit.RATIO
            case tree.Duration():
                return Unit.DAYS
            case tree.Action():
                return Unit.ACTION
            case tree.Name():
                return self._name(expression)
            case tree.Call():
                return self._call(expression)
            case tree.Minus(value):
                return self._measured(value)
            case tree.Arithmetic():
                return self._arithmetic(expression)
        return self._condition(expression)

    def _condition(self, expression: Expression) -> Unit:
        match expression:
            case tree.Comparison():
                self._comparison(expression)
            case tree.Crossing(_, left, right):
                self._same(expression, self._measured(left), self._measured(right))
                self._mistaken_percent(left, right)
                self._of_the_market(expression, "has no day before to cross from")
            case tree.Membership(subject):
                if not (isinstance(subject, tree.Name) and _is_named(subject)):
                    told = f"{_shown(subject)} is not set, grade or card"
                    self._tell(subject, told, "as set IN (base1, neo1)")
            case tree.Not(condition):
                self._part(condition)
            case tree.Every(conditions) | tree.Either(conditions):
                for one in conditions:
                    self._part(one)
        return Unit.CONDITION

    def _part(self, expression: Expression) -> None:
        unit = self.unit(expression)
        if unit not in (None, Unit.CONDITION):
            told = f"{_shown(expression)} is {unit.value}, no condition"
            self._tell(expression, told, "compare it, as > 5%")

    def _name(self, expression: tree.Name) -> Unit | None:
        if expression.name in self._units:
            return self._units[expression.name]
        word = WORDS.get(expression.name)
        if word is None:
            known = meant(expression.name, self._units) or "docs/dsl.md lists every word"
            self._tell(expression, f"{expression.name!r} is no word of the language", known)
            return None
        if len(word.arguments) > word.series_optional:
            told = f"{word.name} needs {_wanted(word)}"
            self._tell(expression, told, f"did you mean {word.example}?")
            return None
        return word.unit

    def _call(self, expression: tree.Call) -> Unit | None:
        word = WORDS.get(expression.name)
        if word is None or not word.arguments:
            told = "takes no arguments" if word else "is no word of the language"
            hint = meant(expression.name, self._units) or "docs/dsl.md lists every word"
            self._tell(expression, f"{expression.name!r} {told}", hint)
            return None
        given, kinds = expression.arguments, word.arguments
        if word.series_optional and len(given) == len(kinds) - 1:
            kinds = kinds[1:]
        if len(given) != len(kinds):
            told = f"{word.name} has {_wanted(word)}, and here are {len(given)} arguments"
            self._tell(expression, told, f"as {word.example}")
            return None
        units = [self._argument(one, kind) for one, kind in zip(given, kinds, strict=True)]
        if None in units:
            return None
        of_series = units[0] if kinds[0] is Argument.SERIES else Unit.PRICE
        return word.unit or of_series

    def _argument(self, expression: Expression, kind: Argument) -> Unit | None:
        if kind is Argument.SERIES:
            return self._series(expression)
        if kind is Argument.WINDOW:
            return self._window(expression)
        if isinstance(expression, tree.Number) and 0 < expression.value <= 100:
            return Unit.BARE
        self._tell(expression, f"{_shown(expression)} is no number above 0, up to 100", "as 2")
        return None

    def _series(self, expression: Expression) -> Unit | None:
        unit = self._measured(expression)
        if unit is None:
            return None
        if not self._read(expression):
            self._tell(expression, f"{_shown(expression)} has no history", "as close")
            return None
        return unit if self._of_the_market(expression, "has no history") else None

    def _read(self, expression: Expression) -> list[Word]:
        """The words it depends on, through LETs too."""
        read = [self._lets.get(one.name, one) for one in _names(expression)]
        return [WORDS[one.name] for top in read for one in _words(top)]

    def _of_the_market(self, expression: Expression, why: str) -> bool:
        held = any(word.of_position for word in self._read(expression))
        if held:
            told = f"{_shown(expression)} depends on what is held and {why}"
            self._tell(expression, told, "use words of the market alone, as close")
        return not held

    def _window(self, expression: Expression) -> Unit | None:
        days = expression.days if isinstance(expression, tree.Duration) else None
        if isinstance(expression, tree.Number) and expression.value == int(expression.value):
            days = int(expression.value)
        if days is None:
            told = f"{_shown(expression)} is no whole number of days"
            self._tell(expression, told, "as 30, 30 days or 4 weeks")
            return None
        if not 1 <= days <= limits.MAX_WINDOW_DAYS:
            told = f"a window is 1 to {limits.MAX_WINDOW_DAYS:,} days, and this is {days:,}"
            self._tell(expression, told, "as 90")
            return None
        return Unit.DAYS

    def _arithmetic(self, expression: tree.Arithmetic) -> Unit | None:
        left, right = self._measured(expression.left), self._measured(expression.right)
        if left is None or right is None:
            return None
        if expression.sign in "+-":
            return self._same(expression, left, right)
        found = (product if expression.sign == "*" else quotient)(left, right)
        if found is None:
            did = "multiplied by" if expression.sign == "*" else "divided by"
            told = f"{left.value} is not {did} {right.value}"
            self._tell(expression.right, told, "a plain number or a percentage fits")
        return found

    def _same(
        self,
        expression: tree.Arithmetic | tree.Comparison | tree.Crossing,
        left: Unit | None,
        right: Unit | None,
    ) -> Unit | None:
        if left is None or right is None:
            return None
        found = joined(left, right)
        if found is None:
            said = {"+": "added to", "-": "subtracted from"}
            sign = expression.sign if isinstance(expression, tree.Arithmetic) else None
            verb = said.get(sign, "held against") if sign else "held against"
            first, second = (left, right) if verb == "held against" else (right, left)
            told = f"{first.value} cannot be {verb} {second.value}"
            self._tell(expression.right, told, _mend(expression, left, right))
        return found

    def _comparison(self, expression: tree.Comparison) -> None:
        named = next((one for one in (expression.left, expression.right) if _is_named(one)), None)
        if named is not None:
            self._identity(expression, named)
            return
        left, right = self.unit(expression.left), self.unit(expression.right)
        if Unit.CONDITION in (left, right):
            side = expression.left if left is Unit.CONDITION else expression.right
            self._tell(side, "a condition is not compared", "join conditions with AND or OR")
            return
        if self._same(expression, left, right) is Unit.ACTION and expression.sign not in "!=":
            self._tell(expression.right, "an action is = or != another", "as signal = BUY")
        self._mistaken_percent(expression.left, expression.right)

    def _identity(self, expression: tree.Comparison, named: Expression) -> None:
        other = expression.right if named is expression.left else expression.left
        if expression.sign not in ("=", "!="):
            self._tell(expression, f"{_shown(named)} has no order", "write =, !=, IN or NOT IN")
        elif not isinstance(other, tree.Name) or _is_named(other):
            told = f"{_shown(named)} is one by name, not {_shown(other)}"
            self._tell(other, told, f"as {_shown(named)} IN (base1-4, base1-2)")

    def _mistaken_percent(self, left: Expression, right: Expression) -> None:
        """8 is 800%, which is hardly ever meant."""
        for one, other in ((left, right), (right, left)):
            number = other.value if isinstance(other, tree.Minus) else other
            if not isinstance(number, tree.Number) or number.value <= 1:
                continue
            if Measuring(self._units, self._lets, []).unit(one) is Unit.RATIO:
                written = f"{_shown(other)}%"
                told = f"a percentage is held against {_shown(other)}, which is {_hundred(other)}"
                self._tell(other, told, f"did you mean {written}?")

    def _measured(self, expression: Expression) -> Unit | None:
        unit = self.unit(expression)
        if unit is None or unit in MEASURED:
            return unit
        self._tell(expression, f"{_shown(expression)} is {unit.value}, no value", "as close")
        return None

    def _tell(self, expression: Expression, message: str, hint: str | None) -> None:
        at = expression.at
        self._problems.append(Problem(at.line, at.column, message, hint))


def _is_named(expression: Expression) -> bool:
    word = WORDS.get(expression.name) if isinstance(expression, tree.Name) else None
    return word is not None and word.unit in NAMED


def _names(expression: Expression) -> list[tree.Name | tree.Call]:
    return [one for one in everything(expression) if isinstance(one, tree.Name | tree.Call)]


def _words(expression: Expression) -> list[tree.Name | tree.Call]:
    return [one for one in _names(expression) if one.name in WORDS]


def _wanted(word: Word) -> str:
    kinds = [kind.value for kind in word.arguments]
    if word.series_optional:
        kinds[0] = f"optionally {kinds[0]}"
    return " and ".join(kinds)


def _shown(expression: Expression) -> str:
    text = format_expression(expression)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _hundred(expression: Expression) -> str:
    return format_expression(
        tree.Minus(_times_hundred(expression.value))
        if isinstance(expression, tree.Minus)
        else _times_hundred(expression)
    )


def _times_hundred(expression: Expression) -> Expression:
    return (
        tree.Percent(expression.value * 100) if isinstance(expression, tree.Number) else expression
    )


def _mend(
    expression: tree.Arithmetic | tree.Comparison | tree.Crossing, left: Unit, right: Unit
) -> str | None:
    """What was probably meant where a price meets a percentage, or a plain number does."""
    units = {left, right}
    if units == {Unit.PRICE, Unit.RATIO}:
        if isinstance(expression, tree.Arithmetic) and left is Unit.PRICE:
            return f"to add a part of it write {_shown(expression.left)} * (1 + ...)"
        price = expression.left if left is Unit.PRICE else expression.right
        if isinstance(price, tree.Name):
            return "did you mean momentum(30)?"
        return "divide two prices to get a percentage, as close / sma(30) - 1"
    if units == {Unit.NUMBER, Unit.RATIO}:
        return "write the plain number without %"
    return None
