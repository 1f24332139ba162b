"""What is known of instruments beside prices, compiled: populations, searches, moods of a day."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POPULATION_FRESH_DAYS = 45  # counts come weekly; an older one says nothing of today
GROWTH_DAYS = 30
SEARCHES_FRESH_DAYS = 14  # windows come weekly
SHORT_DAYS, LONG_DAYS = 7, 28
MOOD_DAYS = 7

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def over_by(days: Ints, low: int, high: int, today: int) -> int:
    """The row of an owner after the last one that is of today or before; days are in order."""
    while low < high:
        middle = (low + high) // 2
        if days[middle] <= today:
            low = middle + 1
        else:
            high = middle
    return low


@entry
def population_pass(
    edges: Ints, day: Ints, known_us: Ints, value: Floats, today: int, moment: int, out: Floats
) -> None:
    """Fill `out` [owners, 2]: the newest count, and the log of it over one at least 30 days older,
    both plus 1. Rows of an owner are sorted by (day, known)."""
    out[:] = np.nan
    for owner in range(len(edges) - 1):
        newest = -1
        last = over_by(day, edges[owner], edges[owner + 1], today) - 1
        for row in range(last, edges[owner] - 1, -1):
            if known_us[row] > moment:
                continue
            if newest < 0:
                if day[row] <= today - POPULATION_FRESH_DAYS:
                    break
                newest = row
                out[owner, 0] = value[row]
            elif day[row] <= day[newest] - GROWTH_DAYS:
                if day[row] > day[newest] - GROWTH_DAYS - POPULATION_FRESH_DAYS:
                    out[owner, 1] = np.log((value[newest] + 1.0) / (value[row] + 1.0))
                break


@entry
def searches_pass(
    edges: Ints,
    group: Ints,
    until_day: Ints,
    day: Ints,
    known_us: Ints,
    value: Floats,
    today: int,
    moment: int,
    out: Floats,
) -> None:
    """Fill `out` [owners, 2]: log of 1 + the mean interest of the last 7 (28) days of the newest
    window over 1 + that of as many days before; figures of two windows are never compared."""
    out[:] = np.nan
    spans = (SHORT_DAYS, LONG_DAYS)
    sums, counts = np.zeros((2, 2)), np.zeros((2, 2), np.int64)
    for owner in range(len(edges) - 1):
        window, taken = -1, -1
        sums[:], counts[:] = 0.0, 0
        last = over_by(until_day, edges[owner], edges[owner + 1], today) - 1
        for row in range(last, edges[owner] - 1, -1):
            if known_us[row] > moment:
                continue
            if window < 0:
                if until_day[row] <= today - SEARCHES_FRESH_DAYS:
                    break
                window = group[row]
            if group[row] != window:
                break
            if day[row] == taken:
                continue  # an older word on the same day
            taken = day[row]
            for n, span in enumerate(spans):
                block = (until_day[row] - taken) // span
                if block < 2:
                    sums[n, block] += value[row]
                    counts[n, block] += 1
        for n, span in enumerate(spans):
            if min(counts[n, 0], counts[n, 1]) * 2 > span:
                now, before = sums[n, 0] / counts[n, 0], sums[n, 1] / counts[n, 1]
                out[owner, n] = np.log((1.0 + now) / (1.0 + before))


@entry
def moods_pass(
    edges: Ints,
    day: Ints,
    source: Ints,
    known_us: Ints,
    value: Floats,
    weight: Floats,
    today: int,
    moment: int,
    out: Floats,
) -> None:
    """Fill `out` [owners, 2]: mean score of the posts of seven days, of all sources, and how many.
    Rows of an owner are sorted by (day, source, known)."""
    out[:] = np.nan
    for owner in range(len(edges) - 1):
        posts, points, taken_day, taken_source = 0.0, 0.0, -1, -1
        last = over_by(day, edges[owner], edges[owner + 1], today) - 1
        for row in range(last, edges[owner] - 1, -1):
            if known_us[row] > moment:
                continue
            if day[row] <= today - MOOD_DAYS:
                break
            if day[row] == taken_day and source[row] == taken_source:
                continue  # an older word on the same day
            taken_day, taken_source = day[row], source[row]
            posts += weight[row]
            points += weight[row] * value[row]
        if posts > 0.0:
            out[owner, 0], out[owner, 1] = points / posts, posts
