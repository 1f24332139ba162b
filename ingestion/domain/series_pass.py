"""Numbers the series of rows and puts rows by series, compiled.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]
Numbers = NDArray[np.int32]
Grid = NDArray[np.int32]  # of two names: the number of the series, -1 where there is none


@njit(cache=True, nogil=True)
def number_series(card: Codes, grade: Codes, grid: Grid, whose: Ints, series: Numbers) -> int:
    """Number the series as they are first met, in `grid`; `whose`: a row of each; `series`: the
    number of each row's. How many."""
    count = 0
    for row in range(card.size):
        number = grid[card[row], grade[row]]
        if number < 0:
            number = grid[card[row], grade[row]] = count
            whose[count] = row
            count += 1
        series[row] = number
    return count


@njit(cache=True, nogil=True)
def place_by_series(series: Codes, order: Ints, bounds: Ints, placed: Ints) -> None:
    """Write the rows in this order to `placed`, series by series, and to `bounds` where each
    series begins and the last one ends."""
    bounds[:] = 0
    for number in series:
        bounds[number + 1] += 1
    for number in range(1, bounds.size):
        bounds[number] += bounds[number - 1]
    ends = bounds[:-1].copy()
    for row in order:
        placed[ends[series[row]]] = row
        ends[series[row]] += 1
