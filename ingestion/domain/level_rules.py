"""The rules that a sale is measured by, compiled: fences, agreement, and what confirms a level.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from collections.abc import Callable, Mapping
from math import log
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
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
F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Not kept on disk: the entry that calls it keeps all (`compiled_entry`).

    It makes no arrays: the compiler would count at every call who holds each array that it is
    given, which took three quarters of the time of judging.
    """
    options: Mapping[str, Any] = {"forceinline": True, "_nrt": False}  # the stubs lack the second
    return cast(F, njit(nogil=True, **options)(function))


def making(function: F) -> F:
    """For what makes arrays, once an instrument."""
    return cast(F, njit(nogil=True)(function))


@compiled
def quantile_of(ordered: Floats, size: int, share: float) -> float:
    """Of the first `size`: linear interpolation between order statistics, as numpy's default."""
    place = (size - 1) * share
    below = int(place)
    above = min(below + 1, size - 1)
    share_above = place - below
    return float(ordered[below] + (ordered[above] - ordered[below]) * share_above)


@compiled
def quartiles_of(ordered: Floats, size: int) -> tuple[float, float, float]:
    """Of the first `size`."""
    q1, q3 = quantile_of(ordered, size, 0.25), quantile_of(ordered, size, 0.75)
    return q1, quantile_of(ordered, size, 0.5), q3


@compiled
def tukey_of(price: float, q1: float, q3: float) -> tuple[int, float, float]:
    """Whether log price `price` breaks the first rule, and its bounds."""
    reach = TUKEY_K * max(q3 - q1, SCALE_FLOOR)
    if not q1 - reach <= price <= q3 + reach:
        return TUKEY, q1 - reach, q3 + reach
    return KEPT, 0.0, 0.0


@compiled
def may_be_far(price: float, median: float) -> bool:
    """The scale has a floor, so nothing nearer than this can break the second rule."""
    return abs(price - median) > Z_LIMIT * SCALE_FLOOR


@compiled
def robust_z_of(price: float, median: float, kept: Floats, size: int) -> tuple[int, float, float]:
    """Whether log price `price` breaks the second rule against the first `size`, and its bounds."""
    bound = Z_LIMIT * max(MAD_TO_SIGMA * middle_distance(kept, size, median), SCALE_FLOOR)
    if abs(price - median) > bound:
        return ROBUST_Z, median - bound, median + bound
    return KEPT, 0.0, 0.0


@compiled
def middle_distance(ordered: Floats, size: int, median: float) -> float:
    """The median of the first `size` prices' distances from their median."""
    place = (size - 1) * 0.5
    below = int(place)
    up = place_of(ordered, 0, size, median)
    down = up - 1
    lower = upper = 0.0
    # The nearest first, from both sides.
    for _ in range(min(below + 2, size)):
        lower = upper
        if up >= size or (down >= 0 and median - ordered[down] <= ordered[up] - median):
            upper = median - ordered[down]
            down -= 1
        else:
            upper = ordered[up] - median
            up += 1
    return lower + (upper - lower) * (place - below)


@compiled
def fence_of(price: float, kept: Floats, size: int) -> tuple[int, float, float]:
    """The rule that log price `price` breaks against the first `size` sorted prices, its bounds."""
    q1, median, q3 = quartiles_of(kept, size)
    rule, low, high = tukey_of(price, q1, q3)
    if rule == KEPT and may_be_far(price, median):
        return robust_z_of(price, median, kept, size)
    return rule, low, high


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
def place_of(values: Floats, begin: int, end: int, price: float) -> int:
    """The first of the sorted values from `begin` to before `end` that is no less; else `end`."""
    while begin < end:
        middle = (begin + end) // 2
        if values[middle] < price:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def insert(values: Floats, begin: int, end: int, price: float) -> None:
    """Among the values from `begin` to before `end`, which stay sorted."""
    place = place_of(values, begin, end, price)
    for at in range(end, place, -1):
        values[at] = values[at - 1]
    values[place] = price


@compiled
def remove(values: Floats, begin: int, end: int, price: float) -> None:
    """From among the values from `begin` to before `end`, which stay sorted."""
    for at in range(place_of(values, begin, end, price), end - 1):
        values[at] = values[at + 1]


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
