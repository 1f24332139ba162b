"""How many days before the first decision a rule looks at."""

from backtest_engine.dsl import tree
from backtest_engine.dsl.checking import CheckedRule
from backtest_engine.dsl.parts import inner
from backtest_engine.dsl.tree import Expression
from backtest_engine.dsl.words import WORDS, Argument
from backtest_engine.market import STALE_DAYS
from backtest_engine.window_pass import EMA_SPAN, LONGEST_GAP_DAYS


def lookback_days(rule: CheckedRule) -> int:
    """Enough that every word is what it would be with all days there ever were.

    At least a year: `days_since_sale` looks that far.
    """
    read = [when.condition for when in rule.whens]
    read += [one for one in (rule.universe, rule.score) if one is not None]
    return max(LONGEST_GAP_DAYS, *map(_days, read)) + STALE_DAYS


def _days(expression: Expression) -> int:
    inside = max(map(_days, inner(expression)), default=0)
    if isinstance(expression, tree.Crossing):
        return inside + 1
    if not isinstance(expression, tree.Call) or expression.name not in WORDS:
        return inside
    window = 0
    kinds = WORDS[expression.name].arguments[-len(expression.arguments) :]
    for argument, kind in zip(expression.arguments, kinds, strict=True):
        if kind is Argument.WINDOW:
            window = argument.days if isinstance(argument, tree.Duration) else _number(argument)
    if expression.name == "ema":
        window *= EMA_SPAN
    if expression.name in ("volatility", "atr"):
        window += LONGEST_GAP_DAYS
    return inside + window


def _number(argument: Expression) -> int:
    return int(argument.value) if isinstance(argument, tree.Number) else 0
