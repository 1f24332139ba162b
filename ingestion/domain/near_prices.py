"""The kept prices of a window, compiled: in order, so that thousands cost little more than a few.

They lie in bins, each of which has room for whatever could come into it.
Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingestion.domain.level_rules import Floats, Ints, compiled, insert, making, remove

Flags = NDArray[np.bool_]

FEW = 1_000  # versions; of fewer no window is large enough for bins to be worth it
SAMPLED = 16  # prices for each bin, to choose its bounds by


class Near(NamedTuple):
    """Bin b has the first `filled[b]` of `values` from `begins[b]` on, sorted; `bins`: the bin of
    each place, `inside`: whether its price is among them."""

    values: Floats
    begins: Ints
    filled: Ints
    bins: Ints
    inside: Flags


@making
def no_prices(prices: Floats) -> Near:
    """None yet of these, the prices by place."""
    size = prices.size
    # A window has a part of all prices: about as many bins as prices in each.
    count = 1 if size < FEW else int(sqrt(size) / 2)
    sample = np.sort(prices[:: max(1, size // (SAMPLED * count))])
    bounds = sample[np.arange(1, count) * sample.size // count]
    bins = np.searchsorted(bounds, prices, side="right")
    begins = np.zeros(count + 1, np.int64)
    for one in bins:
        begins[one + 1] += 1
    inside = np.zeros(size, np.bool_)
    return Near(np.empty(size + 1), begins.cumsum(), np.zeros(count, np.int64), bins, inside)


@compiled
def put(near: Near, place: int, price: float) -> None:
    """The price of a place that is not inside."""
    one = near.bins[place]
    begin = near.begins[one]
    insert(near.values, begin, begin + near.filled[one], price)
    near.filled[one] += 1
    near.inside[place] = True


@compiled
def take(near: Near, place: int, price: float) -> None:
    """The price of a place that is inside."""
    one = near.bins[place]
    begin = near.begins[one]
    remove(near.values, begin, begin + near.filled[one], price)
    near.filled[one] -= 1
    near.inside[place] = False


@compiled
def ranked(near: Near, rank: int, one: int, before: int) -> tuple[float, int, int]:
    """The price of this rank, looked for from bin `one` on, before which there are `before`; and
    where it was found."""
    while rank >= before + near.filled[one]:
        before += near.filled[one]
        one += 1
    return near.values[near.begins[one] + rank - before], one, before


@compiled
def quantile_from(
    near: Near, size: int, share: float, one: int, before: int
) -> tuple[float, int, int]:
    """`quantile_of` all `size` prices, looked for as `ranked` does."""
    place = (size - 1) * share
    below = int(place)
    low, one, before = ranked(near, below, one, before)
    high, _, _ = ranked(near, min(below + 1, size - 1), one, before)
    return low + (high - low) * (place - below), one, before


@compiled
def near_quartiles(near: Near, size: int) -> tuple[float, float, float]:
    """Of all `size` prices."""
    q1, one, before = quantile_from(near, size, 0.25, 0, 0)
    median, one, before = quantile_from(near, size, 0.5, one, before)
    q3, _, _ = quantile_from(near, size, 0.75, one, before)
    return q1, median, q3


@compiled
def in_a_row(near: Near, row: Floats) -> None:
    """Write all prices to `row`, sorted."""
    at = 0
    for one in range(near.filled.size):
        begin = near.begins[one]
        for i in range(near.filled[one]):
            row[at] = near.values[begin + i]
            at += 1
