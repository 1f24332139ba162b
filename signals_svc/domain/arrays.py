"""The array types the numbers travel in; lengths and units are said where they are used."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def per_owner(owner: Ints, values: Floats, owners: int) -> Floats:
    """Sum of the values of each owner, added in row order: the same rows give the same bits."""
    return np.bincount(owner, weights=values, minlength=owners).astype(np.float64)


def divided(top: Floats, bottom: Floats, *, where: Flags) -> Floats:
    """top / bottom where asked, missing (NaN) elsewhere."""
    out: Floats = np.full(len(top), np.nan)
    np.divide(top, bottom, out=out, where=where)
    return out
