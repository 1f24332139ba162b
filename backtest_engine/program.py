"""A condition that reads positions, as a program for the walk over the days: a small stack machine.

What depends on no position is a column; only the rest is left to the program.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from backtest_engine.arrays import Floats, Ints
from backtest_engine.columns import Columns
from backtest_engine.dsl import tree
from backtest_engine.dsl.checking import reads_position
from backtest_engine.dsl.parts import inner
from backtest_engine.dsl.tree import Expression


class Op(IntEnum):
    """What a step does with the stack; COLUMN pushes the column of its number."""

    COLUMN = 0
    HOLDING_DAYS = 1
    PNL = 2
    ENTRY_PRICE = 3
    COPIES_HELD = 4
    NEGATE = 5
    NOT = 6
    ADD = 7
    SUBTRACT = 8
    MULTIPLY = 9
    DIVIDE = 10
    LESS = 11
    LESS_EQUAL = 12
    GREATER = 13
    GREATER_EQUAL = 14
    EQUAL = 15
    UNEQUAL = 16
    AND = 17
    OR = 18


OF_POSITION = {
    "holding_days": Op.HOLDING_DAYS,
    "pnl": Op.PNL,
    "entry_price": Op.ENTRY_PRICE,
    "copies_held": Op.COPIES_HELD,
}
SIGNS = {
    "+": Op.ADD,
    "-": Op.SUBTRACT,
    "*": Op.MULTIPLY,
    "/": Op.DIVIDE,
    "<": Op.LESS,
    "<=": Op.LESS_EQUAL,
    ">": Op.GREATER,
    ">=": Op.GREATER_EQUAL,
    "=": Op.EQUAL,
    "!=": Op.UNEQUAL,
}


@dataclass(frozen=True)
class Program:
    """Steps of (op, number of a column) in rows; each condition has those between two edges."""

    steps: Ints
    edges: Ints
    columns: Floats


def program_of(conditions: list[Expression], columns: Columns) -> Program:
    """`columns` of the program are of shape (columns, instruments, days)."""
    steps: list[tuple[int, int]] = []
    edges = [0]
    needed: dict[Expression, int] = {}
    for condition in conditions:
        _push(condition, steps, needed)
        edges.append(len(steps))
    made = [columns.of(expression) for expression in needed]
    shape = columns.of(tree.Number(0.0)).shape
    return Program(
        np.array(steps, np.int64).reshape(-1, 2),
        np.array(edges, np.int64),
        np.stack(made) if made else np.zeros((0, *shape)),
    )


def _push(
    expression: Expression, steps: list[tuple[int, int]], needed: dict[Expression, int]
) -> None:
    if not reads_position(expression):
        steps.append((Op.COLUMN, needed.setdefault(expression, len(needed))))
        return
    if isinstance(expression, tree.Name):
        steps.append((OF_POSITION[expression.name], 0))
        return
    parts = inner(expression)
    for count, part in enumerate(parts, start=1):
        _push(part, steps, needed)
        if isinstance(expression, tree.Every | tree.Either) and count > 1:
            steps.append((Op.AND if isinstance(expression, tree.Every) else Op.OR, 0))
    match expression:
        case tree.Minus():
            steps.append((Op.NEGATE, 0))
        case tree.Not():
            steps.append((Op.NOT, 0))
        case tree.Arithmetic(sign) | tree.Comparison(sign):
            steps.append((SIGNS[sign], 0))
