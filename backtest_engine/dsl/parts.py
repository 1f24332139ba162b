"""Walks over what an expression is made of."""

from collections.abc import Iterator

from backtest_engine.dsl import tree
from backtest_engine.dsl.tree import Expression


def inner(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside."""
    match expression:
        case tree.Minus(value):
            return (value,)
        case tree.Not(condition):
            return (condition,)
        case tree.Arithmetic(_, left, right) | tree.Comparison(_, left, right):
            return left, right
        case tree.Crossing(_, left, right):
            return left, right
        case tree.Membership(subject):
            return (subject,)
        case tree.Every(conditions) | tree.Either(conditions):
            return conditions
        case tree.Call(_, arguments):
            return arguments
    return ()


def everything(expression: Expression) -> Iterator[Expression]:
    """The expression and all inside it, outermost first."""
    yield expression
    for one in inner(expression):
        yield from everything(one)


def rebuilt(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The same with other parts directly inside, as many as `inner` gives."""
    at = expression.at
    match expression:
        case tree.Minus():
            return tree.Minus(*parts, at=at)
        case tree.Not():
            return tree.Not(*parts, at=at)
        case tree.Arithmetic(sign):
            return tree.Arithmetic(sign, *parts, at=at)
        case tree.Comparison(sign):
            return tree.Comparison(sign, *parts, at=at)
        case tree.Crossing(direction):
            return tree.Crossing(direction, *parts, at=at)
        case tree.Membership(_, members, negated):
            return tree.Membership(parts[0], members, negated, at=at)
        case tree.Every():
            return tree.Every(parts, at=at)
        case tree.Either():
            return tree.Either(parts, at=at)
        case tree.Call(name):
            return tree.Call(name, parts, at=at)
    return expression
