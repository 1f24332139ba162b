"""The values of a rule that depend on no position, as columns: each part is computed once.

Conditions are 1 (true), 0 (false) or NaN (unknown); a value that is missing is NaN.
"""

from collections.abc import Mapping

import numpy as np

from backtest_engine import window_pass as windows
from backtest_engine.across import of_sets, premiums, ranks
from backtest_engine.arrays import Flags, Floats
from backtest_engine.dsl import tree
from backtest_engine.dsl.parts import everything
from backtest_engine.dsl.tree import Expression
from backtest_engine.dsl.words import WORDS, Argument
from backtest_engine.market import ACTIONS, SIGNAL_WORDS, STALE_DAYS, Market
from kernel.errors import Rejected

LOOKS_ACROSS = frozenset({"rank", "set_index", "grade_premium"})
CLOSE = tree.Name("close")


class ColumnMissing(Rejected):
    """The rule reads what this market does not have."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(f"{word}: this market has no such column; leave it out of the rule")


def looks_across(expression: Expression) -> bool:
    """Whether the outermost word needs every instrument at once."""
    return isinstance(expression, tree.Name | tree.Call) and expression.name in LOOKS_ACROSS


class Columns:
    """Of one market, or of some of its instruments; `across` are columns made on all of them."""

    def __init__(self, market: Market, across: Mapping[Expression, Floats] | None = None) -> None:
        self._market = market
        self._made: dict[Expression, Floats] = dict(across or {})

    def of(self, expression: Expression) -> Floats:
        """Of shape (instruments, days). Raises ColumnMissing."""
        if expression not in self._made:
            self._made[expression] = self._make(expression)
        return self._made[expression]

    def across(self, expression: Expression) -> dict[Expression, Floats]:
        """The columns of the parts that look across instruments."""
        return {one: self.of(one) for one in everything(expression) if looks_across(one)}

    def _make(self, expression: Expression) -> Floats:
        match expression:
            case tree.Number(value):
                return self._constant(value)
            case tree.Percent(value):
                return self._constant(value / 100)
            case tree.Duration():
                return self._constant(float(expression.days))
            case tree.Action(action):
                return self._constant(ACTIONS[action])
            case tree.Minus(value):
                return -self.of(value)
            case tree.Arithmetic(sign, left, right):
                return arithmetic(sign, self.of(left), self.of(right))
            case tree.Call():
                return self._call(expression)
            case tree.Name():
                return self._name(expression.name)
        return self._condition(expression)

    def _condition(self, expression: Expression) -> Floats:
        match expression:
            case tree.Not(condition):
                return 1.0 - self.of(condition)
            case tree.Every(conditions):
                return every([self.of(one) for one in conditions])
            case tree.Either(conditions):
                return 1.0 - every([1.0 - self.of(one) for one in conditions])
            case tree.Membership(subject, members, negated):
                return self._one_of(subject, members, negated=negated)
            case tree.Crossing(direction, left, right):
                return crossing(direction, self.of(left), self.of(right))
            case tree.Comparison(sign, left, right):
                for subject, name in ((left, right), (right, left)):
                    if _is_named(subject) and isinstance(name, tree.Name):
                        return self._one_of(subject, (name.name,), negated=sign == "!=")
                return comparison(sign, self.of(left), self.of(right))
        raise AssertionError(expression)  # the kinds above are all there are

    def _constant(self, value: float) -> Floats:
        return np.broadcast_to(np.float64(value), self._market.close.shape)

    def _one_of(self, subject: Expression, members: tuple[str, ...], *, negated: bool) -> Floats:
        assert isinstance(subject, tree.Name)  # checked with the units  # noqa: S101
        held = {"set": self._market.sets, "card": self._market.cards, "grade": self._market.grades}
        listed = frozenset(members)
        within = np.array([(one.lower() in listed) != negated for one in held[subject.name]])
        shape = self._market.close.shape
        return np.broadcast_to(within.astype(np.float64)[:, None], shape)

    def _name(self, name: str) -> Floats:
        market = self._market
        if name in ("open", "high", "low", "close"):
            return windows.carried(getattr(market, name), STALE_DAYS)
        if name == "volume":
            return market.volume
        if name == "days_since_sale":
            return windows.days_since(market.close)
        if name == "grade_premium":
            return premiums(self.of(CLOSE), market.cards, market.grades)
        if name in SIGNAL_WORDS and name in market.signals:
            return market.signals[name]
        raise ColumnMissing(name)

    def _call(self, call: tree.Call) -> Floats:
        word, given = WORDS[call.name], list(call.arguments)
        if word.series_optional and len(given) < len(word.arguments):
            given.insert(0, CLOSE)
        window = 0
        for argument, kind in zip(given, word.arguments, strict=True):
            if kind is Argument.WINDOW:
                window = _days(argument)
        match call.name:
            case "rsi":
                return windows.rises_among_changes(self.of(CLOSE), window)
            case "atr":
                market = self._market
                return windows.true_range(market.high, market.low, market.close, window)
            case "volatility":
                return windows.yearly_volatility(self._market.close, window)
            case "liquidity":
                return windows.trailing_sum(self._market.volume, window)
            case "drawdown":
                return self.of(CLOSE) / self._trailing(CLOSE, window, windows.HIGHEST) - 1.0
            case "set_index":
                return of_sets(momentum(self.of(CLOSE), window), self._market.sets)
            case "rank":
                return ranks(self.of(given[0]))
            case "bollinger_upper" | "bollinger_lower":
                return self._band(call.name, window, given[1])
        return self._of_series(call.name, given[0], window)

    def _of_series(self, name: str, series: Expression, window: int) -> Floats:
        if name == "ema":
            return windows.exponential_mean(np.ascontiguousarray(self.of(series)), window)
        if name == "momentum":
            return momentum(self.of(series), window)
        if name == "zscore":
            spread = self._trailing(series, window, windows.DEVIATION)
            away = self.of(series) - self._trailing(series, window, windows.MEAN)
            return arithmetic("/", away, spread)
        what = {"sma": windows.MEAN, "highest": windows.HIGHEST, "lowest": windows.LOWEST}[name]
        return self._trailing(series, window, what)

    def _band(self, name: str, window: int, width: Expression) -> Floats:
        away = self.of(width) * self._trailing(CLOSE, window, windows.DEVIATION)
        mean = self._trailing(CLOSE, window, windows.MEAN)
        return mean + away if name == "bollinger_upper" else mean - away

    def _trailing(self, series: Expression, window: int, what: int) -> Floats:
        return windows.trailing(np.ascontiguousarray(self.of(series)), window, what)


def momentum(values: Floats, window: int) -> Floats:
    """Over the value so many days before, minus 1."""
    found = np.full(values.shape, np.nan)
    if window < values.shape[1]:
        found[:, window:] = arithmetic("/", values[:, window:], values[:, :-window]) - 1.0
    return found


def arithmetic(sign: str, left: Floats, right: Floats) -> Floats:
    """Dividing by 0 gives what is missing."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(right == 0, np.nan, left / right)


def comparison(sign: str, left: Floats, right: Floats) -> Floats:
    """Unknown where a side is missing."""
    compare = {
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
        "=": np.equal,
        "!=": np.not_equal,
    }[sign]
    return _known(compare(left, right), ~(np.isnan(left) | np.isnan(right)))


def crossing(direction: str, left: Floats, right: Floats) -> Floats:
    """Past it today, and not the day before; unknown where any of the four is missing."""
    above = comparison(">" if direction == "ABOVE" else "<", left, right)
    found = np.full(left.shape, np.nan)
    found[:, 1:] = np.where(np.isnan(above[:, :-1]), np.nan, above[:, 1:] * (1 - above[:, :-1]))
    return found


def every(conditions: list[Floats]) -> Floats:
    """False where one is false, else unknown where one is, else true."""
    false = np.logical_or.reduce([one == 0 for one in conditions])
    unknown = np.logical_or.reduce([np.isnan(one) for one in conditions])
    return np.where(false, 0.0, np.where(unknown, np.nan, 1.0))


def _known(true: Flags, known: Flags) -> Floats:
    return np.where(known, true.astype(np.float64), np.nan)


def _days(argument: Expression) -> int:
    if isinstance(argument, tree.Duration):
        return argument.days
    assert isinstance(argument, tree.Number)  # checked with the units  # noqa: S101
    return int(argument.value)


def _is_named(expression: Expression) -> bool:
    return isinstance(expression, tree.Name) and expression.name in ("set", "card", "grade")
