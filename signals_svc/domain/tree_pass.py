"""What each input moved a sum of trees, compiled: exact Shapley values, a leaf after the other."""

import numpy as np
from numba import njit

from signals_svc.domain.arrays import Flags, Floats, Ints, Singles

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def weighed(one: int, mask: int, share: Floats, weights: Floats, power: Floats) -> float:
    """The weighted sum over sets of the other inputs, each looked at or not.

    It is read off a product of (share + inside t), an input a factor: the power of t counts who is
    looked at. `mask` has a bit an input: whether the row is inside. Where it is not, the factor is
    the share alone.
    """
    power[0] = 1.0
    size, scale = 0, 1.0
    for other in range(len(share)):
        if other == one:
            continue
        if not mask >> other & 1:
            scale *= share[other]
            continue
        power[size + 1] = 0.0
        for place in range(size, -1, -1):
            power[place + 1] += power[place]
            power[place] *= share[other]
        size += 1
    total = 0.0
    for place in range(size + 1):
        total += weights[place] * power[place]
    return total * scale


@compiled
def moved_by(
    mask: int, share: Floats, value: float, weights: Floats, power: Floats, out: Floats
) -> None:
    """What a leaf moves for a row inside of these of its intervals, by input of its path."""
    for one in range(len(share)):
        here = 1.0 if mask >> one & 1 else 0.0
        out[one] = weighed(one, mask, share, weights, power) * (here - share[one]) * value


@entry
def add_moved(
    columns: Singles,
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
    """Add to `found` [F, n] by `columns` [F, n]; the others as in TreePaths, of a path the first
    `lengths` inputs count, and `weights` as `order_weights` has them.

    A leaf moves rows inside of the same intervals alike: that is computed once.
    """
    most = 1 << lengths.max()
    told = np.empty((most, inputs.shape[1]))
    known = np.empty(most, np.bool_)
    power = np.empty(inputs.shape[1] + 1)
    for leaf in range(len(value)):
        length = lengths[leaf]
        known[: 1 << length] = False
        for row in range(columns.shape[1]):
            mask = 0
            for one in range(length):
                x = columns[inputs[leaf, one], row]
                inside = low[leaf, one] < x <= high[leaf, one]
                if np.isnan(x):
                    inside = missing[leaf, one]
                mask |= inside << one
            if not known[mask]:
                kept, order = share[leaf, :length], weights[length]
                moved_by(mask, kept, value[leaf], order, power, told[mask])
                known[mask] = True
            for one in range(length):
                found[inputs[leaf, one], row] += told[mask, one]


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
