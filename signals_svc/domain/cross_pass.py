"""What looks across the instruments of a day, compiled: premiums and robust z."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_PREMIUMS = 6
PREMIUM_SCALE_FLOOR = 0.05  # a premium that hardly moved is no reason for a huge z

CLIP = 5.0
MIN_UNIVERSE = 8  # fewer have no spread worth dividing by
MAD_TO_SIGMA = 1.4826
MEAN_ABSOLUTE_TO_SIGMA = 1.2533

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def own_z(history: Floats) -> float:
    """z of the first against the others, which are older; missing with too few of them."""
    count, total, squares = 0, 0.0, 0.0
    for n in range(1, len(history)):
        if np.isfinite(history[n]):
            count += 1
            total += history[n]
    if count < MIN_PREMIUMS:
        return np.nan
    mean = total / count
    for n in range(1, len(history)):
        if np.isfinite(history[n]):
            squares += (history[n] - mean) * (history[n] - mean)
    z: float = (history[0] - mean) / max(np.sqrt(squares / count), PREMIUM_SCALE_FLOOR)
    return z


@entry
def premium_pass(closes: Floats, card: Ints, rung: Ints, out: Floats) -> None:
    """Fill `out` [owners, 4]: premium over raw and over a nine, then the z of each in its own past.

    `closes` [owners, steps], newest first; `rung`: 0 raw, 1 psa10, 2 psa9, 3 any9, else another.
    Every grade of a card gets its card's.
    """
    cards, steps = 0, closes.shape[1]
    for owner in range(len(card)):
        cards = max(cards, card[owner] + 1)
    by_card, told = np.full((cards, 4, steps), np.nan), np.empty((cards, 4))
    for owner in range(len(card)):
        if rung[owner] < 4:
            for step in range(steps):
                by_card[card[owner], rung[owner], step] = closes[owner, step]
    raw, nine = np.empty(steps), np.empty(steps)
    for n in range(cards):
        for step in range(steps):
            ten, psa = by_card[n, 1, step], by_card[n, 2, step]
            raw[step] = ten - by_card[n, 0, step]
            nine[step] = ten - (by_card[n, 3, step] if np.isnan(psa) else psa)
        told[n, 0], told[n, 1], told[n, 2], told[n, 3] = raw[0], nine[0], own_z(raw), own_z(nine)
    for owner in range(len(card)):
        for place in range(4):
            out[owner, place] = told[card[owner], place]


@compiled
def median_distance(ordered: Floats, size: int, centre: float) -> float:
    """Median of |x - centre| of ordered values: the nearest half, taken from the centre outward."""
    right = (size + 1) // 2
    while right > 0 and ordered[right - 1] >= centre:
        right -= 1
    left, before, nearest = right - 1, 0.0, 0.0
    for _ in range(size // 2 + 1):
        to_left = centre - ordered[left] if left >= 0 else np.inf
        to_right = ordered[right] - centre if right < size else np.inf
        before, nearest = nearest, min(to_left, to_right)
        if to_left <= to_right:
            left -= 1
        else:
            right += 1
    return nearest if size % 2 else (before + nearest) / 2.0


@entry
def robust_z_pass(values: Floats, ordered: Floats, out: Floats) -> None:
    """Fill `out` [features, owners] with (x - median) / scale within +-CLIP; NaN stays NaN.

    `ordered`: of each feature the values of the universe in order, then NaN.
    """
    for row in range(len(values)):
        size = 0
        while size < values.shape[1] and not np.isnan(ordered[row, size]):
            size += 1
        if size < MIN_UNIVERSE:
            for place in range(values.shape[1]):
                out[row, place] = np.nan
            continue
        low, high = ordered[row, (size - 1) // 2], ordered[row, size // 2]
        centre = (low + high) / 2.0
        scale = MAD_TO_SIGMA * median_distance(ordered[row], size, centre)
        if scale == 0.0:
            total = 0.0
            for place in range(size):
                total += abs(ordered[row, place] - centre)
            scale = MEAN_ABSOLUTE_TO_SIGMA * total / size
        for place in range(values.shape[1]):
            value = values[row, place]
            if np.isnan(value):
                out[row, place] = np.nan
            elif scale == 0.0:
                out[row, place] = 0.0
            else:
                out[row, place] = min(max((value - centre) / scale, -CLIP), CLIP)
