"""One pass over sales, compiled: the first, last, highest, lowest and number of each bucket.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Cents = NDArray[np.int64]

DAY_US = 86_400_000_000


@njit(cache=True, nogil=True)
def in_order(ts: Ints, key: Ints) -> bool:
    """Whether rows come in the order of (ts, key)."""
    for row in range(1, ts.size):
        if ts[row] < ts[row - 1] or (ts[row] == ts[row - 1] and key[row] < key[row - 1]):
            return False
    return True


@njit(cache=True, nogil=True)
def gather(
    series: Ints,
    ts: Ints,
    key: Ints,
    price: Cents,
    first_day: int,
    days: int,
    told: NDArray[np.int32],
    place: Ints,
    ordered: bool,
) -> None:
    """Fill `told` by bucket, series x days + day: first price, highest, lowest, last price, number,
    and `place`: the rows of the first and the last by (ts, key). Number 0: nothing in it.

    `ordered`: the rows come in the order of (ts, key), and `place` is left alone.
    """
    for row in range(ts.size):
        bucket = series[row] * days + ts[row] // DAY_US - first_day
        cents = price[row]
        if told[bucket, 4] == 0:
            told[bucket, 0] = told[bucket, 1] = told[bucket, 2] = told[bucket, 3] = cents
            if not ordered:
                place[bucket, 0] = place[bucket, 1] = row
        elif ordered:
            told[bucket, 1] = max(told[bucket, 1], cents)
            told[bucket, 2] = min(told[bucket, 2], cents)
            told[bucket, 3] = cents
        else:
            told[bucket, 1] = max(told[bucket, 1], cents)
            told[bucket, 2] = min(told[bucket, 2], cents)
            last = place[bucket, 1]
            if ts[row] > ts[last] or (ts[row] == ts[last] and key[row] > key[last]):
                told[bucket, 3] = cents
                place[bucket, 1] = row
            else:
                first = place[bucket, 0]
                if ts[row] < ts[first] or (ts[row] == ts[first] and key[row] < key[first]):
                    told[bucket, 0] = cents
                    place[bucket, 0] = row
        told[bucket, 4] += 1
