"""Compares two tables cell by cell: the first that differs, by name, and how many were compared."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

KEYS = ("card_id", "grade_code", "day")
ABSENT = "no such row"


@dataclass(frozen=True)
class Cell:
    """A value that another reading of the same table does not have."""

    table: str
    row: tuple[object, ...]
    column: str
    ours: object
    truncated: object

    def __str__(self) -> str:
        card, grade, day, *more = self.row
        beside = "".join(f" {one}" for one in more)
        return (
            f"{self.table}, {card}:{grade}, {day}{beside}, {self.column}:"
            f" {in_words(self.ours)}, but {in_words(self.truncated)} in the truncated store"
        )


def in_words(value: object) -> str:
    """As it is, with all its digits; a missing number is told as that."""
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "nothing" if missing else repr(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Table:
    """Rows named by `keys`, all of them KEYS first."""

    name: str
    rows: pl.DataFrame
    keys: Sequence[str] = KEYS

    @property
    def cells(self) -> int:
        """How many values there are to compare."""
        return self.rows.height * (self.rows.width - len(self.keys))


def tables_by_name(tables: Sequence[Table]) -> Mapping[str, Table]:
    """To be found by name."""
    return {table.name: table for table in tables}


def first_difference(ours: Table, truncated: Table) -> Cell | None:
    """In the order of the keys, then of our columns; None where every cell has the same bits.

    A row that only one of them has differs in its first column.
    """
    keys = list(ours.keys)
    values = [name for name in ours.rows.columns if name not in keys]
    left = ours.rows.sort(keys).with_columns(here=pl.lit(True))
    right = truncated.rows.select(*keys, *values).with_columns(there=pl.lit(True))
    both = left.join(right, on=keys, how="full", coalesce=True, suffix=".truncated").sort(keys)
    same = [pl.col("here") & pl.col("there")]
    same += [pl.col(name).eq_missing(pl.col(f"{name}.truncated")) for name in values]
    odd = both.filter(~pl.all_horizontal(same).fill_null(False)).head(1)
    if odd.is_empty():
        return None
    row = odd.row(0, named=True)
    place = tuple(row[name] for name in keys)
    if not (row["here"] and row["there"]):
        told = [row[values[0]] if row["here"] else ABSENT]
        told += [row[f"{values[0]}.truncated"] if row["there"] else ABSENT]
        return Cell(ours.name, place, values[0], *told)
    column = next(name for name in values if _differ(odd, name))
    return Cell(ours.name, place, column, row[column], row[f"{column}.truncated"])


def _differ(odd: pl.DataFrame, name: str) -> bool:
    return not odd.select(pl.col(name).eq_missing(pl.col(f"{name}.truncated"))).item()
