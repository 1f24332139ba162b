"""Which bars of an instrument stood at a moment, and those of one kind in a row; compiled."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SOLD_DAYS = (7, 30, 90)
A_WEEK, A_MONTH, A_QUARTER = SOLD_DAYS

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def stood(
    row: int, day: Ints, known_us: Ints, until_us: Ints, today: int, moment: int, lookback: int
) -> bool:
    """Whether the version was believed at the moment and is of a day of the lookback."""
    age = today - day[row]
    return bool(known_us[row] <= moment < until_us[row] and 0 <= age < lookback)


@entry
def count(
    edges: Ints,
    kind: Ints,
    day: Ints,
    known_us: Ints,
    until_us: Ints,
    volume: Ints,
    today: int,
    moment: int,
    lookback: int,
    window: int,
    chosen: Flags,
    present: Ints,
    counts: Ints,
    sold: Ints,
) -> None:
    """By instrument: bars of each kind in the lookback and in the window, and copies sold; which
    rows are in the lookback goes to `chosen`.

    Two kinds may report the same sales, so of copies the larger number counts.
    """
    kinds = present.shape[1]
    copies = np.zeros((kinds, len(SOLD_DAYS)), np.int64)
    for slot in range(len(edges) - 1):
        copies[:] = 0
        for row in range(edges[slot], edges[slot + 1]):
            if not stood(row, day, known_us, until_us, today, moment, lookback):
                continue
            chosen[row] = True
            age, one = today - day[row], kind[row]
            present[slot, one] += 1
            counts[slot, one] += age < window
            if age < A_QUARTER:
                copies[one, 0] += volume[row] if age < A_WEEK else 0
                copies[one, 1] += volume[row] if age < A_MONTH else 0
                copies[one, 2] += volume[row]
        for place in range(len(SOLD_DAYS)):
            sold[slot, place] = copies[:, place].max()


@entry
def choose(present: Ints, counts: Ints, choices: Ints, enough: int) -> Ints:
    """The kind of each instrument by the table of choices."""
    kind = np.empty(len(present), np.int64)
    case = np.zeros(3, np.int64)
    for slot in range(len(present)):
        for one in range(3):
            case[one] = 1 + min(counts[slot, one], enough) if present[slot, one] else 0
        kind[slot] = choices[case[0], case[1], case[2]]
    return kind


@entry
def gather(
    first: Ints,
    end: Ints,
    kind: Ints,
    start: Ints,
    kinds: Ints,
    chosen: Flags,
    day: Ints,
    known_us: Ints,
    cents: Ints,
    log_cents: Floats,
    volume: Ints,
    to_day: Ints,
    to_cents: Ints,
    to_log_cents: Floats,
    to_volume: Ints,
    to_known_us: Ints,
) -> None:
    """Copy the chosen rows of each instrument's kind to where its own begin."""
    for owner in range(len(first)):
        place = start[owner]
        for row in range(first[owner], end[owner]):
            if chosen[row] and kinds[row] == kind[owner]:
                to_day[place], to_cents[place] = day[row], cents[row]
                to_log_cents[place], to_volume[place] = log_cents[row], volume[row]
                to_known_us[place] = known_us[row]
                place += 1
