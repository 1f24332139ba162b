"""Puts versions of prices in the order in which they are judged.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.name_numbers import numbered_names
from ingestion.domain.series_pass import number_series, place_by_series

Ints = NDArray[np.int64]

SERIES = ["card_id", "grade_code", "kind", "subject"]


def numbered_series(versions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`versions` with the number of their `series`; and SERIES of each number."""
    card, cards = numbered_names(versions.get_column(SERIES[0]))
    rest, kinds = np.zeros(versions.height, np.uint32), 1
    for name in SERIES[1:]:
        numbers, names = numbered_names(versions.get_column(name))
        rest, kinds = rest * np.uint32(len(names)) + numbers, kinds * len(names)
    grid = np.full((len(cards), kinds), -1, np.int32)
    whose = np.empty(min(grid.size, versions.height), np.int64)
    series = np.empty(versions.height, np.int32)
    count = number_series(card, rest, grid, whose, series)
    named = versions.select(SERIES)[whose[:count]].with_row_index("series")
    return versions.with_columns(series=pl.Series(series, dtype=pl.UInt32)), named


def in_order(numbered: pl.DataFrame, series: int) -> tuple[Ints, Ints]:
    """The rows by `series`, each in the order of (ts, key, known_at), and where each of so many
    series begins and the last one ends."""
    columns = ("series", "ts", "key", "known_at")
    number, ts, key, known = (
        numbered.get_column(name).to_physical().to_numpy() for name in columns
    )
    placed, bounds = np.empty(ts.size, np.int64), np.empty(series + 1, np.int64)
    place_by_series(number, np.argsort(ts), bounds, placed)
    # Few have a neighbour of the same moment, so the rest of the order is asked of these alone.
    same = (np.diff(ts[placed]) == 0) & (np.diff(number[placed]) == 0)
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = placed[tied]
    placed[tied] = rows[np.lexsort((known[rows], key[rows], ts[rows], number[rows]))]
    return placed, bounds
