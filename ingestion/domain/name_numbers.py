"""Numbers the names in a column: of each row the number of its name, and the names by number.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]
Views = NDArray[np.uint64]

# Arrow's view of a text has 16 bytes: four of length, then the text itself where it is no longer
# than this, and zeros.
LENGTH, MOST_INSIDE = np.uint64(0xFFFF_FFFF), np.uint64(12)
NONE = np.uint32(0xFFFF_FFFF)  # instead of a number
FEWEST_SLOTS = 1024
SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2**64 / the golden ratio
HALF, NEXT = np.uint64(32), np.uint64(1)


def numbered_names(names: pl.Series) -> tuple[Numbers, pl.Series]:
    """The number of each row's name, from 0 without gaps, and each number's name. No nulls."""
    views = _views(names)
    numbers = np.empty(len(names), np.uint32)
    row, slots, firsts = 0, FEWEST_SLOTS, np.empty(0, np.int64)
    while row < len(names):
        # A table that is half full finds names slowly, so a larger one goes on from there.
        table, room = np.full(slots, NONE, np.uint32), np.empty(slots // 2, np.int64)
        room[: firsts.size] = firsts
        row, count = number_views(views, row, firsts.size, numbers, table, room)
        firsts, slots = room[:count], 4 * slots
    elsewhere = numbers == NONE
    if not elsewhere.any():
        return numbers, names[firsts]
    # Of equal texts that lie elsewhere the views differ: only their letters tell.
    long = names.filter(pl.Series(elsewhere))
    # The categories of one column alone number its names without gaps.
    number = long.cast(pl.Categorical(pl.Categories.random())).to_physical()
    numbers[elsewhere] = number.to_numpy() + np.uint32(firsts.size)
    named = pl.DataFrame({"number": number, "name": long}).unique("number").sort("number")
    return numbers, pl.concat([names[firsts], named.get_column("name")])


def _views(names: pl.Series) -> Views:
    """Two numbers a row: the 16 bytes of its view."""
    told = names.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    views = np.frombuffer(told.buffers()[1], np.uint64).reshape(-1, 2)
    return views[told.offset : told.offset + len(names)]


@njit(nogil=True, inline="always")
def home(begin: np.uint64, rest: np.uint64) -> np.uint64:
    """Where a name is looked for first, modulo the number of slots."""
    mixed = begin ^ (rest * SPREAD)
    # A product tells nothing of higher bits in its lower ones: the last letters are folded in.
    mixed ^= mixed >> HALF
    return (mixed * SPREAD) >> HALF


@njit(cache=True, nogil=True)
def number_views(
    views: Views,
    row: int,
    count: int,
    numbers: Numbers,
    table: Numbers,
    firsts: NDArray[np.int64],
) -> tuple[int, int]:
    """Number the names from `row` on as they are first met, `count` of which have been; NONE where
    the text is not in its view.

    `table` is empty; its size is a power of two. `firsts`: the first row of each number. The row
    before which there was no room left, and how many names there are.
    """
    mask = np.uint64(table.size - 1)
    keys = np.empty((firsts.size, 2), np.uint64)
    for number in range(count):
        keys[number] = views[firsts[number]]
        slot = home(keys[number, 0], keys[number, 1]) & mask
        while table[slot] != NONE:
            slot = (slot + NEXT) & mask
        table[slot] = number
    for at in range(row, views.shape[0]):
        begin, rest = views[at, 0], views[at, 1]
        if begin & LENGTH > MOST_INSIDE:
            numbers[at] = NONE
            continue
        slot = home(begin, rest) & mask
        while True:
            known = table[slot]
            if known == NONE or (keys[known, 0] == begin and keys[known, 1] == rest):
                break
            slot = (slot + NEXT) & mask
        if known == NONE:
            if count == firsts.size:
                return at, count
            known = np.uint32(count)
            table[slot] = known
            keys[count, 0], keys[count, 1] = begin, rest
            firsts[count] = at
            count += 1
        numbers[at] = known
    return views.shape[0], count
