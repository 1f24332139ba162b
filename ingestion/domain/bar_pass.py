"""One pass over sales, compiled: the first, last, highest, lowest and number of each bucket.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Cents = NDArray[np.int64]
Codes = NDArray[np.uint32]
Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]
Grid = NDArray[np.int32]  # card x grade: the number of the series, -1 where there is none

DAY_US = 86_400_000_000


class Sales(NamedTuple):
    """One row a sale; `card` and `grade` are numbers of their names."""

    card: Codes
    grade: Codes
    ts: Ints
    known: Ints
    key: Ints
    price: Cents


@njit(cache=True, nogil=True)
def in_order(ts: Ints, key: Ints) -> bool:
    """Whether rows come in the order of (ts, key)."""
    for row in range(1, ts.size):
        if ts[row] < ts[row - 1] or (ts[row] == ts[row - 1] and key[row] < key[row - 1]):
            return False
    return True


@njit(cache=True, nogil=True)
def mark_keys(keys: Ints, bits: Bits) -> None:
    """Set the bit of each key; the number of `bits` is a power of two."""
    for key in keys:
        bits[(key >> 6) & (bits.size - 1)] |= np.uint64(1) << np.uint64(key & 63)


@njit(nogil=True, inline="always")
def learned(ts: int, known: int, over: int, key: int, bits: Bits) -> bool:
    """Whether a row became known after its day was `over`, or its key's bit is set."""
    bit = bits[(key >> 6) & (bits.size - 1)] >> np.uint64(key & 63)
    return (known > ts and known > over) or bit & np.uint64(1) != 0


@njit(cache=True, nogil=True)
def untell_learned(ts: Ints, known: Ints, key: Ints, bits: Bits, plain: Flags) -> None:
    """Take the mark off rows that are `learned`."""
    for row in range(ts.size):
        over = (ts[row] // DAY_US + 1) * DAY_US
        if learned(ts[row], known[row], over, key[row], bits):
            plain[row] = False


@njit(cache=True, nogil=True)
def tell_days(
    sales: Sales, bits: Bits, place: Grid, whose: Codes, day: Numbers, figures: Cents
) -> int:
    """Write the bars of sales in the order of (ts, key), day by day: card and grade into `whose`,
    day since 1970, and a row each of open, high, low, close and number into `figures`. How many;
    -1 where one is `learned`. `place` has -1 for each card and grade.
    """
    card, grade, ts, known, key, price = sales
    count = begun = 0
    today, over = 0, ts[0]  # the first row begins a day
    for row in range(ts.size):
        if ts[row] >= over:
            today, begun = ts[row] // DAY_US, count
            over = (today + 1) * DAY_US
        if learned(ts[row], known[row], over, key[row], bits):
            return -1
        cents = price[row]
        bar = place[card[row], grade[row]]
        if bar < begun:
            bar = place[card[row], grade[row]] = count
            count += 1
            whose[0, bar], whose[1, bar], day[bar] = card[row], grade[row], today
            figures[0, bar] = figures[1, bar] = figures[2, bar] = cents
            figures[4, bar] = 0
        figures[1, bar] = max(figures[1, bar], cents)
        figures[2, bar] = min(figures[2, bar], cents)
        figures[3, bar] = cents
        figures[4, bar] += 1
    return count


@njit(cache=True, nogil=True)
def gather(
    series: Numbers,
    plain: Flags,
    ts: Ints,
    key: Ints,
    price: Cents,
    first_day: int,
    days: int,
    told: NDArray[np.int32],
    place: Ints,
) -> None:
    """Fill `told` by bucket, series x days + day: first price, highest, lowest, last price, number
    of the plain rows, and `place`: the rows of the first and the last by (ts, key). Number 0:
    nothing in it.
    """
    for row in range(ts.size):
        if not plain[row]:
            continue
        bucket = series[row] * days + ts[row] // DAY_US - first_day
        cents = price[row]
        if told[bucket, 4] == 0:
            told[bucket, 0] = told[bucket, 1] = told[bucket, 2] = told[bucket, 3] = cents
            place[bucket, 0] = place[bucket, 1] = row
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


@njit(cache=True, nogil=True)
def harvest(told: NDArray[np.int32], where: Ints, figures: Cents) -> int:
    """Write `where` and `figures` (one row for each column of `told`) of the buckets that hold
    something. How many; the rest is left as it was."""
    count = 0
    for bucket in range(told.shape[0]):
        if told[bucket, 4]:
            where[count] = bucket
            for column in range(5):
                figures[column, count] = told[bucket, column]
            count += 1
    return count
