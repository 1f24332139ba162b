"""Runs a contract's expectations on a frame without the library that named them. No I/O.

For jobs that run all day: importing great-expectations takes longer than their work. The contract
is the one definition, and a test holds both readings of it against each other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from ingestion.domain.contracts import Quality
from kernel.expectations import Checked, Expectation

EXAMPLES = 5

Arguments = Mapping[str, Any]
# The columns an expectation is on, and whether a row breaks it; rows that lack one are passed over.
Rule = Callable[[Arguments], tuple[Sequence[str], pl.Expr]]


def _between(told: Arguments) -> tuple[Sequence[str], pl.Expr]:
    column = pl.col(told["column"])
    low, high = told.get("min_value"), told.get("max_value")
    below = pl.lit(False) if low is None else column < low
    return [told["column"]], below | (pl.lit(False) if high is None else column > high)


def _in_set(told: Arguments) -> tuple[Sequence[str], pl.Expr]:
    return [told["column"]], ~pl.col(told["column"]).is_in(list(told["value_set"]))


def _a_above_b(told: Arguments) -> tuple[Sequence[str], pl.Expr]:
    a, b = pl.col(told["column_A"]), pl.col(told["column_B"])
    return [told["column_A"], told["column_B"]], (a < b if told.get("or_equal") else a <= b)


def _unique_together(told: Arguments) -> tuple[Sequence[str], pl.Expr]:
    return told["column_list"], pl.struct(told["column_list"]).is_duplicated()


RULES: Mapping[str, Rule] = {
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_pair_values_a_to_be_greater_than_b": _a_above_b,
    "expect_compound_columns_to_be_unique": _unique_together,
}


def run_plainly(frame: pl.DataFrame, quality: Sequence[Quality]) -> list[Checked]:
    """How each expectation comes out on the frame, in their order.

    Raises ValueError for one that is not read here: the contract has to be readable both ways.
    """
    return [_checked(frame, Expectation(one.expect, dict(one.with_), one.why)) for one in quality]


def _checked(frame: pl.DataFrame, one: Expectation) -> Checked:
    if one.expect not in RULES or "mostly" in one.arguments:
        raise ValueError(f"{one.expect} {dict(one.arguments)} is not read without its library")
    columns, breaks = RULES[one.expect](one.arguments)
    told = frame.drop_nulls(list(columns))
    broken = told.filter(breaks)
    share = 100 * broken.height / told.height if told.height else 0.0
    observed = f"{broken.height} of {told.height} rows ({share:.3g} %)"
    examples = [str(row) for row in broken.select(columns).head(EXAMPLES).iter_rows()]
    return Checked(one, broken.is_empty(), observed, list(dict.fromkeys(examples)))
