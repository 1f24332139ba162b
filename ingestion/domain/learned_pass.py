"""Goes through the moments at which something was learned of a day, compiled: its bar at each.

Imported when first needed: loading the compiler takes half a second that most jobs have no use for.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]

DAY_US = 86_400_000_000
FOREVER = np.iinfo(np.int64).max

# Places in a bar that is being put together.
OPEN, HIGH, LOW, CLOSE, VOLUME, FIRST_TS, FIRST_KEY, LAST_TS, LAST_KEY, COUNT = range(10)
FIGURES = 5  # the first so many places are told

compiled = njit(cache=True, nogil=True)


class Spans(NamedTuple):
    """Prices with the moments from and until which they count, by group. `to`: FOREVER: still."""

    since: Ints
    to: Ints
    ts: Ints
    key: Ints
    price: Ints
    high: Ints
    low: Ints
    units: Ints


class Base(NamedTuple):
    """The plain sales of the groups' days: the number of each group's bucket, -1 where it has none,
    and the buckets. `ts` and `key` are of the rows that `place` names."""

    bucket: Ints
    first_day: int
    days: int
    told: NDArray[np.int32]
    place: Ints
    ts: Ints
    key: Ints


class Versions(NamedTuple):
    """Versions of bars: the number of the group, since when, until when, the figures."""

    whose: Ints
    known: Ints
    until: Ints
    figures: Ints


@compiled
def begin_bar(base: Base, bucket: int, bar: Ints) -> None:
    """What the plain sales of the bucket make; they leave it."""
    bar[COUNT] = 0
    if bucket < 0 or base.told[bucket, 4] == 0:
        return
    for figure in range(FIGURES):
        bar[figure] = base.told[bucket, figure]
    first, last = base.place[bucket, 0], base.place[bucket, 1]
    bar[FIRST_TS], bar[FIRST_KEY] = base.ts[first], base.key[first]
    bar[LAST_TS], bar[LAST_KEY] = base.ts[last], base.key[last]
    bar[COUNT] = bar[VOLUME]
    base.told[bucket, 4] = 0


@compiled
def add(bar: Ints, spans: Spans, row: int) -> None:
    """One more price of the day: where it lies by (ts, key) says what it opens or closes."""
    ts, key = spans.ts[row], spans.key[row]
    none = bar[COUNT] == 0
    if none or ts < bar[FIRST_TS] or (ts == bar[FIRST_TS] and key < bar[FIRST_KEY]):
        bar[OPEN], bar[FIRST_TS], bar[FIRST_KEY] = spans.price[row], ts, key
    if none or ts > bar[LAST_TS] or (ts == bar[LAST_TS] and key > bar[LAST_KEY]):
        bar[CLOSE], bar[LAST_TS], bar[LAST_KEY] = spans.price[row], ts, key
    bar[HIGH] = spans.high[row] if none else max(bar[HIGH], spans.high[row])
    bar[LOW] = spans.low[row] if none else min(bar[LOW], spans.low[row])
    bar[VOLUME] = spans.units[row] if none else bar[VOLUME] + spans.units[row]
    bar[COUNT] += 1


@compiled
def moments_of(spans: Spans, a: int, b: int, moments: Ints) -> int:
    """Fill in, sorted, when spans from a to b begin and end. How many."""
    count = 0
    for row in range(a, b):
        moments[count] = spans.since[row]
        count += 1
        if spans.to[row] != FOREVER:
            moments[count] = spans.to[row]
            count += 1
    moments[:count].sort()
    return count


@compiled
def tell(out: Versions, count: int, now: int, bar: Ints, had: bool) -> int:
    """From `now` on the bar is this one; `had`: the last version stood until now. How many."""
    if had and bar[COUNT] > 0:
        same = True
        for figure in range(FIGURES):
            same = same and out.figures[figure, count - 1] == bar[figure]
        if same:
            return count
    if had:
        out.until[count - 1] = now
    if bar[COUNT] > 0:
        out.known[count], out.until[count] = now, FOREVER
        for figure in range(FIGURES):
            out.figures[figure, count] = bar[figure]
        count += 1
    return count


@compiled
def tell_groups(bounds: Ints, spans: Spans, base: Base, out: Versions) -> int:
    """Write all versions of the bars of all groups: number i has the spans from bounds[i] to
    bounds[i + 1]. Their plain sales leave `base`. How many; `out` must have the room."""
    plain, bar = np.empty(COUNT + 1, np.int64), np.empty(COUNT + 1, np.int64)
    moments = np.empty(2 * np.max(np.diff(bounds)) + 1, np.int64)
    count = 0
    for group in range(bounds.size - 1):
        a, b, bucket = bounds[group], bounds[group + 1], base.bucket[group]
        begin_bar(base, bucket, plain)
        found = moments_of(spans, a, b, moments)
        begun = count
        if plain[COUNT] > 0:
            # Known in time: from the moment at which the day was over.
            now = (bucket % base.days + base.first_day + 1) * DAY_US
            if moments[0] > now:
                count = tell(out, count, now, plain, False)
        for i in range(found):
            if i > 0 and moments[i] == moments[i - 1]:
                continue
            bar[:] = plain
            # A day has few prices that were learned later, so that all are asked at each moment.
            for row in range(a, b):
                if spans.since[row] <= moments[i] < spans.to[row]:
                    add(bar, spans, row)
            had = count > begun and out.until[count - 1] == FOREVER
            count = tell(out, count, moments[i], bar, had)
        out.whose[begun:count] = group
    return count
