"""Checks that the words and units of a rule fit together, and says what each line is for."""

from collections.abc import Iterator
from dataclasses import dataclass

from backtest_engine.dsl import limits, tree
from backtest_engine.dsl.errors import Problem, RuleError
from backtest_engine.dsl.formatting import format_rule
from backtest_engine.dsl.measuring import Measuring
from backtest_engine.dsl.parts import everything, inner, rebuilt
from backtest_engine.dsl.reading import read_rule
from backtest_engine.dsl.tree import Expression, Rule
from backtest_engine.dsl.words import MEASURED, WORDS, Unit


@dataclass(frozen=True)
class CheckedRule:
    """A rule that makes sense. Expressions hold no LET any more: each is put in its place."""

    rule: Rule
    universe: Expression | None
    whens: tuple[tree.When, ...]
    score: Expression | None
    caps: tuple[tree.Cap, ...]


def understand(text: str) -> CheckedRule:
    """Read and check a text. Raises RuleError with everything that is wrong."""
    return check(read_rule(text), source=text)


def check(rule: Rule, *, source: str | None = None) -> CheckedRule:
    """Raises RuleError. Without the text it came from, mistakes are shown in the formatted one."""
    if source is None:
        source = format_rule(rule)
        rule = read_rule(source)
    checking = Checking()
    checking.lines(rule)
    problems = checking.problems[: limits.MAX_PROBLEMS]
    if problems:
        raise RuleError(tuple(_with_source(problem, source) for problem in problems))
    return checking.checked(rule)


def reads_position(expression: Expression) -> bool:
    """Whether it depends on what is held, so that only the walk over the days can tell it."""
    return any(
        isinstance(one, tree.Name) and one.name in WORDS and WORDS[one.name].of_position
        for one in everything(expression)
    )


class Checking:
    """One pass over the lines, in their order."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._lets: dict[str, Expression] = {}
        self._units: dict[str, Unit | None] = {}
        self._once: dict[type[tree.Line], tree.Line] = {}

    def lines(self, rule: Rule) -> None:
        """Collect the problems of every line, and of the rule as a whole."""
        for line in rule.lines:
            self._line(line)
        buys = [w for w in self._whens(rule) if isinstance(w.deed, tree.BuyShare | tree.BuyCopies)]
        if not buys:
            hint = "add a line, as IF momentum(30) > 8% THEN BUY 5% OF EQUITY"
            self._tell(tree.NOWHERE, "nothing is ever bought", hint)

    def checked(self, rule: Rule) -> CheckedRule:
        """Once there are no problems."""
        universe, rank, hold = (
            self._once.get(kind) for kind in (tree.Universe, tree.Rank, tree.Hold)
        )
        return CheckedRule(
            rule=rule,
            universe=self._plain(universe.condition)
            if isinstance(universe, tree.Universe)
            else None,
            whens=tuple(
                tree.When(self._plain(when.condition), when.deed, at=when.at)
                for when in self._whens(rule)
            ),
            score=self._plain(rank.score) if isinstance(rank, tree.Rank) else None,
            caps=hold.caps if isinstance(hold, tree.Hold) else (),
        )

    def _whens(self, rule: Rule) -> Iterator[tree.When]:
        return (line for line in rule.lines if isinstance(line, tree.When))

    def _line(self, line: tree.Line) -> None:
        if isinstance(line, tree.Universe | tree.Rank | tree.Hold):
            kind = {tree.Universe: "UNIVERSE", tree.Rank: "RANK BY", tree.Hold: "HOLD"}[type(line)]
            if type(line) in self._once:
                self._tell(line.at, f"there is a {kind} line above", "join both in one line")
            self._once.setdefault(type(line), line)
        match line:
            case tree.Universe(condition):
                self._condition(condition)
                self._free_of_positions(condition, "what may be bought")
            case tree.When(condition, deed):
                self._condition(condition)
                if isinstance(deed, tree.BuyShare | tree.BuyCopies):
                    self._free_of_positions(condition, "a BUY, of what is not held yet,")
            case tree.Rank(score):
                if self._measure(score) not in MEASURED | {None}:
                    self._tell(score.at, "a rank is by a value", "as RANK BY momentum(30)")
                self._free_of_positions(score, "the order of what to buy")
            case tree.Let():
                self._let(line)

    def _let(self, line: tree.Let) -> None:
        unit = self._measure(line.value)
        if line.name in WORDS:
            told = f"{line.name} is a word of the language"
            self._tell(line.at, told, f"choose another name, as my_{line.name}")
        elif line.name in self._lets:
            self._tell(line.at, f"{line.name} has a meaning already", "choose another name")
        elif unit is not None and unit not in MEASURED | {Unit.CONDITION}:
            told = f"a LET is a value or a condition, and this is {unit.value}"
            self._tell(line.value.at, told, "as LET cheap = zscore(180) < -1")
        self._units.setdefault(line.name, unit)
        self._lets.setdefault(line.name, self._plain(line.value))

    def _condition(self, expression: Expression) -> None:
        unit = self._measure(expression)
        if unit not in (None, Unit.CONDITION):
            self._tell(expression.at, f"this is {unit.value}, no condition", "compare it, as > 5%")

    def _measure(self, expression: Expression) -> Unit | None:
        measuring = Measuring(self._units, self._lets, self.problems)
        return measuring.unit(expression)

    def _free_of_positions(self, expression: Expression, what: str) -> None:
        for one in everything(expression):
            if reads_position(self._plain(one)) and not inner(one):
                told = f"{what} cannot depend on what is held"
                self._tell(one.at, told, "use it in a line that ends with SELL")
                return

    def _plain(self, expression: Expression) -> Expression:
        """With each LET in its place."""
        if isinstance(expression, tree.Name) and expression.name in self._lets:
            return self._lets[expression.name]
        parts = tuple(map(self._plain, inner(expression)))
        return rebuilt(expression, parts) if parts else expression

    def _tell(self, at: tree.Place, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(at.line, at.column, message, hint))


def _with_source(problem: Problem, source: str) -> Problem:
    lines = source.split("\n")
    code = lines[problem.line - 1].removesuffix("\r") if problem.line <= len(lines) else ""
    return Problem(problem.line, problem.column, problem.message, problem.hint, code)
