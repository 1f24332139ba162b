"""What each input moved a sum of trees, compiled: exact Shapley values, a row after the other."""

import numpy as np
from numba import njit

from signals_svc.domain.arrays import Flags, Floats, Ints, Singles

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def look(
    row: Singles, inputs: Ints, low: Singles, high: Singles, missing: Flags, inside: Flags
) -> None:
    """Whether each input of the row is in the interval of a path."""
    for one in range(len(inside)):
        told = row[inputs[one]]
        if np.isnan(told):
            inside[one] = missing[one]
        else:
            inside[one] = low[one] < told <= high[one]


@compiled
def weighed(one: int, inside: Flags, share: Floats, weights: Floats, power: Floats) -> float:
    """The weighted sum over sets of the other inputs, each looked at or not.

    It is read off a product of (share + inside t), an input a factor: the power of t counts who is
    looked at.
    """
    power[0] = 1.0
    size = 0
    for other in range(len(inside)):
        if other == one:
            continue
        power[size + 1] = 0.0
        for place in range(size, -1, -1):
            if inside[other]:
                power[place + 1] += power[place]
            power[place] *= share[other]
        size += 1
    total = 0.0
    for place in range(len(inside)):
        total += weights[place] * power[place]
    return total


@entry
def add_moved(
    rows: Singles,
    inputs: Ints,
    low: Singles,
    high: Singles,
    missing: Flags,
    share: Floats,
    value: Floats,
    lengths: Ints,
    weights: Floats,
    found: Floats,
) -> None:
    """Add to `found` [n, F]; columns as in TreePaths, of a path the first `lengths` inputs count.

    `weights` as `order_weights` has them.
    """
    flags = np.empty(inputs.shape[1], np.bool_)
    power = np.empty(inputs.shape[1] + 1)
    for row in range(len(rows)):
        for leaf in range(len(value)):
            length = lengths[leaf]
            inside, kept = flags[:length], share[leaf, :length]
            look(rows[row], inputs[leaf], low[leaf], high[leaf], missing[leaf], inside)
            for one in range(length):
                total = weighed(one, inside, kept, weights[length], power)
                here = 1.0 if inside[one] else 0.0
                found[row, inputs[leaf, one]] += total * (here - kept[one]) * value[leaf]


def order_weights(longest: int) -> Floats:
    """[D + 1, D]: by a path's length and the size of a set of its other inputs, what that weighs:
    size! (length - size - 1)! / length!
    """
    weights = np.zeros((longest + 1, max(longest, 1)))
    for length in range(1, longest + 1):
        weight = 1.0 / length
        for size in range(length):
            weights[length, size] = weight
            weight *= (size + 1) / max(length - size - 1, 1)
    return weights
