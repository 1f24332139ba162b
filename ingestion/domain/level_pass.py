"""One pass over an instrument's sales, compiled: each is measured against those kept before it.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from math import log

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

DAY_US = 86_400_000_000
NEAR_US = 90 * DAY_US
WIDE_US = 365 * DAY_US  # asked where the nearer window is too thin
FEWEST = 8
TUKEY_K = 3.0
Z_LIMIT = 5.0
SCALE_FLOOR = 0.10  # log: prints of one card differ by that much without any error
MAD_TO_SIGMA = 1.4826
AGREE = log(1.2) + 1e-9  # within 20 %; 100 against 120 agrees

KEPT, TUKEY, ROBUST_Z = 0, 1, 2
NOBODY = -1  # the seller is not known

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rules = NDArray[np.int8]
compiled = njit(cache=True, nogil=True)


@compiled
def quantile_of(ordered: Floats, size: int, share: float) -> float:
    """Of the first `size`: linear interpolation between order statistics, as numpy's default."""
    place = (size - 1) * share
    below = int(place)
    above = min(below + 1, size - 1)
    share_above = place - below
    return float(ordered[below] + (ordered[above] - ordered[below]) * share_above)


@compiled
def fence_of(price: float, kept: Floats, size: int) -> tuple[int, float, float]:
    """The rule that log price `price` breaks against the first `size` sorted prices, its bounds."""
    median = quantile_of(kept, size, 0.5)
    q1, q3 = quantile_of(kept, size, 0.25), quantile_of(kept, size, 0.75)
    reach = TUKEY_K * max(q3 - q1, SCALE_FLOOR)
    if not q1 - reach <= price <= q3 + reach:
        return TUKEY, q1 - reach, q3 + reach
    # The scale has a floor, so nothing nearer than this can break the second rule.
    if abs(price - median) <= Z_LIMIT * SCALE_FLOOR:
        return KEPT, 0.0, 0.0
    away = np.sort(np.abs(kept[:size] - median))
    bound = Z_LIMIT * max(MAD_TO_SIGMA * quantile_of(away, size, 0.5), SCALE_FLOOR)
    if abs(price - median) > bound:
        return ROBUST_Z, median - bound, median + bound
    return KEPT, 0.0, 0.0


@compiled
def agree(ts: Ints, price: Floats, seller: Ints, a: int, b: int, c: int) -> bool:
    """Whether three sales are near in price and not provably of one seller."""
    highest = max(price[a], price[b], price[c])
    if highest - min(price[a], price[b], price[c]) > AGREE:
        return False
    if seller[a] == NOBODY or seller[b] == NOBODY or seller[c] == NOBODY:
        x, y, z = ts[a] // DAY_US, ts[b] // DAY_US, ts[c] // DAY_US
    else:
        x, y, z = seller[a], seller[b], seller[c]
    return bool(x != y and y != z and x != z)


@compiled
def insert(ordered: Floats, size: int, price: float) -> None:
    """Into the first `size`, which stay sorted."""
    place = np.searchsorted(ordered[:size], price)
    for at in range(size, place, -1):
        ordered[at] = ordered[at - 1]
    ordered[place] = price


@compiled
def remove(ordered: Floats, size: int, price: float) -> None:
    """Out of the first `size`, which stay sorted."""
    place = np.searchsorted(ordered[:size], price)
    for at in range(place, size - 1):
        ordered[at] = ordered[at + 1]


@compiled
def bridged(
    ts: Ints, price: Floats, seller: Ints, high: Floats, waiting: Ints, count: int, at: int
) -> int:
    """Side (1: above their fences, -1: below) on which kept sale `at` confirms two flagged ones;
    0 for neither. `waiting` are the flagged ones of the last 90 days, the oldest first."""
    for i in range(count - 1, 0, -1):
        one = waiting[i]
        if abs(price[one] - price[at]) > AGREE:
            continue
        above = price[one] > high[one]
        for j in range(i - 1, -1, -1):
            other = waiting[j]
            if (price[other] > high[other]) == above and agree(ts, price, seller, other, one, at):
                return 1 if above else -1
    return 0


@compiled
def judge(
    ts: Ints, price: Floats, seller: Ints, rule: Rules, low: Floats, high: Floats, again: Ints
) -> None:
    """Of one instrument's sales in the order of (ts, key), fill in the rule each broke and its
    fence, and the place of the sale that re-admitted it (-1: none did)."""
    n = ts.size
    near = np.empty(n + 1)
    kept = np.zeros(n, dtype=np.bool_)
    waiting = np.empty(n, dtype=np.int64)
    size = oldest = earliest = count = in_row = 0
    for at in range(n):
        while ts[oldest] < ts[at] - NEAR_US:
            if kept[oldest]:
                remove(near, size, price[oldest])
                size -= 1
            oldest += 1
        while ts[earliest] < ts[at] - WIDE_US:
            earliest += 1  # also moved by a new level: prices of the old one are no measure of it
        measured = True
        if size >= FEWEST:
            rule[at], low[at], high[at] = fence_of(price[at], near, size)
        else:
            wide = np.sort(price[earliest:at][kept[earliest:at]])
            measured = wide.size >= FEWEST
            if measured:
                rule[at], low[at], high[at] = fence_of(price[at], wide, wide.size)
        side = 0
        if rule[at] == KEPT:
            in_row = 0
            kept[at] = True
            insert(near, size, price[at])
            size += 1
            while count and ts[waiting[0]] < ts[at] - NEAR_US:
                count -= 1
                for i in range(count):
                    waiting[i] = waiting[i + 1]
            if measured and count > 1:
                side = bridged(ts, price, seller, high, waiting, count, at)
        else:
            in_row += 1
            waiting[count] = at
            count += 1
            # Any three flagged sales in a row that agree make a new level.
            if in_row >= 3 and agree(ts, price, seller, at - 2, at - 1, at):
                if again[at - 2] < 0:
                    earliest = at - 2
                for place in range(at - 2, at + 1):
                    if again[place] < 0:
                        again[place] = at
        if side != 0:
            first = at
            for i in range(count):
                place = waiting[i]
                same = (price[place] > high[place]) == (side > 0)
                if same and abs(price[place] - price[at]) <= AGREE:
                    again[place] = at
                    first = min(first, place)
            earliest = max(earliest, first)
        left = 0
        for i in range(count):
            place = waiting[i]
            if again[place] < 0:
                waiting[left] = place
                left += 1
            else:
                kept[place] = True
                if place >= oldest:
                    insert(near, size, price[place])
                    size += 1
        count = left


def _judge_all(
    bounds: Ints,
    ts: Ints,
    price: Floats,
    seller: Ints,
    rule: Rules,
    low: Floats,
    high: Floats,
    again: Ints,
) -> None:
    """`judge` for each instrument: number i has the places from bounds[i] to bounds[i + 1].

    What is filled in of `again` counts from the instrument's first place.
    """
    for i in prange(bounds.size - 1):
        a, b = bounds[i], bounds[i + 1]
        judge(ts[a:b], price[a:b], seller[a:b], rule[a:b], low[a:b], high[a:b], again[a:b])


judge_few = njit(cache=True, nogil=True)(_judge_all)
judge_many = njit(cache=True, parallel=True)(_judge_all)  # waking the threads takes a while
