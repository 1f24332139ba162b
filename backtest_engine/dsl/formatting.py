"""Writes a tree as text, the one way the formatter knows; reading it gives the same tree."""

from decimal import Decimal

from backtest_engine.dsl import tree
from backtest_engine.dsl.tree import Expression

# How tightly each kind binds; what binds looser inside something tighter gets parentheses.
EITHER, EVERY, NOT, COMPARED, SUM, PRODUCT, SIGNED, ATOM = range(8)


def format_rule(rule: tree.Rule) -> str:
    """A line each, with a newline behind the last; nothing for no lines."""
    return "".join(f"{_line(line)}\n" for line in rule.lines)


def format_expression(expression: Expression) -> str:
    """As it would be written within a line."""
    return _inside(expression, EITHER)


def _line(line: tree.Line) -> str:
    match line:
        case tree.Blank():
            return ""
        case tree.Note(text):
            return f"# {text}".rstrip()
        case tree.Universe(condition):
            told = f"UNIVERSE {format_expression(condition)}"
        case tree.Let(name, value):
            told = f"LET {name} = {format_expression(value)}"
        case tree.When(condition, deed):
            told = f"IF {format_expression(condition)} THEN {_deed(deed)}"
        case tree.Rank(score):
            told = f"RANK BY {format_expression(score)}"
        case tree.Hold(caps):
            told = f"HOLD {', '.join(map(_cap, caps))}"
    return told if line.note is None else f"{told}  # {line.note}".rstrip()


def _deed(deed: tree.Deed) -> str:
    match deed:
        case tree.BuyShare(percent, None):
            return f"BUY {_number(percent)}% OF EQUITY"
        case tree.BuyShare(percent, int(most)):
            return f"BUY {_number(percent)}% OF EQUITY, AT MOST {_copies(most)}"
        case tree.BuyCopies(copies):
            return f"BUY {_copies(copies)}"
        case tree.SellShare(percent):
            return f"SELL {_number(percent)}%"
        case tree.SellCopies(copies):
            return f"SELL {_copies(copies)}"
    return "SELL ALL"


def _copies(copies: int) -> str:
    return "1 COPY" if copies == 1 else f"{copies} COPIES"


def _cap(cap: tree.Cap) -> str:
    if isinstance(cap, tree.PositionsCap):
        return f"AT MOST {cap.positions} POSITION{'' if cap.positions == 1 else 'S'}"
    return f"AT MOST {_number(cap.percent)}% IN ONE {cap.of}"


def _inside(expression: Expression, least: int) -> str:
    binds, text = _written(expression)
    return text if binds >= least else f"({text})"


def _written(expression: Expression) -> tuple[int, str]:
    """How tightly it binds, and its text without parentheses around."""
    match expression:
        case tree.Either(conditions):
            return EITHER, " OR ".join(_inside(one, EVERY) for one in conditions)
        case tree.Every(conditions):
            return EVERY, " AND ".join(_inside(one, NOT) for one in conditions)
        case tree.Not(condition):
            return NOT, f"NOT {_inside(condition, NOT)}"
        case tree.Comparison(sign, left, right):
            return COMPARED, f"{_inside(left, SUM)} {sign} {_inside(right, SUM)}"
        case tree.Crossing(direction, left, right):
            return COMPARED, f"{_inside(left, SUM)} CROSSES {direction} {_inside(right, SUM)}"
        case tree.Membership(subject, members, negated):
            listed = f"{'NOT ' if negated else ''}IN ({', '.join(members)})"
            return COMPARED, f"{_inside(subject, SUM)} {listed}"
        case tree.Arithmetic(sign, left, right):
            binds = SUM if sign in "+-" else PRODUCT
            return binds, f"{_inside(left, binds)} {sign} {_inside(right, binds + 1)}"
        case tree.Minus(value):
            return SIGNED, f"-{_inside(value, SIGNED)}"
    return ATOM, _atom(expression)


def _atom(expression: Expression) -> str:
    match expression:
        case tree.Number(value):
            return _number(value)
        case tree.Percent(value):
            return f"{_number(value)}%"
        case tree.Duration(value, unit):
            return f"{value} {unit[:-1] if value == 1 else unit}"
        case tree.Action(action):
            return action
        case tree.Call(name, arguments):
            return f"{name}({', '.join(map(format_expression, arguments))})"
        case tree.Name(name):
            return name
    raise AssertionError(expression)  # the kinds above are all there are


def _number(value: float) -> str:
    """The shortest digits that are read back as the same number, without an exponent."""
    if value == int(value):
        return str(int(value))
    return f"{Decimal(repr(value)):f}"
