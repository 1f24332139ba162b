"""The rules that a sale is measured by, compiled: fences, agreement, and what confirms a level.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from math import log

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
# Not kept on disk: the entry that calls them keeps all (`compiled_entry`).
compiled = njit(nogil=True, forceinline=True)


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
