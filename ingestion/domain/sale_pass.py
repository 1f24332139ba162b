"""Judges an instrument's sales from one place on, compiled: each against those kept before it.

A place is a version's number in the order of (ts, key, known_at); what is not believed is passed
over. After something is learned about a place, only sales that it can reach are judged again.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingestion.domain.level_rules import (
    AGREE,
    FEWEST,
    KEPT,
    NEAR_US,
    WIDE_US,
    Floats,
    Ints,
    Rules,
    agree,
    bridged,
    compiled,
    fence_of,
    making,
    may_be_far,
    robust_z_of,
    tukey_of,
)
from ingestion.domain.near_prices import Near, in_a_row, near_quartiles, no_prices, put, take

Flags = NDArray[np.bool_]

# Places of the counters of a window. OLDEST, NEWEST: the places inside lie from the one to before
# the other.
SIZE, OLDEST, NEWEST, EARLIEST, WAITING, NEXT, THIN, TOUCHED = range(8)


class Sales(NamedTuple):
    """One instrument's versions in the order of (ts, key, known_at)."""

    ts: Ints
    price: Floats
    seller: Ints


class Told(NamedTuple):
    """What is held of each place. `again`: the place that re-admitted it, `begun`: the first sale
    of the level that it confirmed (-1: none); `admitted`: how many it re-admitted; `kept`: whether
    it counts for the sale that is judged next; `was`: `again` before this pass."""

    live: Flags
    kept: Flags
    rule: Rules
    low: Floats
    high: Floats
    again: Ints
    begun: Ints
    admitted: Ints
    was: Ints


class Window(NamedTuple):
    """What the next sale is measured by. `near`: kept prices of 90 days; `row`: room for prices
    in a row; `waiting`: places of flagged sales of 90 days; `touched`: places of which this pass
    may have changed a verdict."""

    near: Near
    row: Floats
    waiting: Ints
    touched: Ints
    counts: Ints


@making
def nothing_told(size: int) -> Told:
    """Before anything is known."""
    no, none = np.zeros(size, np.bool_), np.full(size, -1, np.int64)
    fences = np.zeros(size), np.zeros(size)
    admitted, rule = np.zeros(size, np.int64), np.zeros(size, np.int8)
    return Told(no, no.copy(), rule, *fences, none, none.copy(), admitted, none.copy())


@making
def empty_window(prices: Floats) -> Window:
    """Of an instrument whose versions have these prices."""
    size = prices.size
    counts = np.zeros(8, np.int64)
    counts[THIN] = -1
    # A place is touched when it is entered, judged and re-admitted.
    touched, waiting = np.empty(3 * size, np.int64), np.empty(size, np.int64)
    return Window(no_prices(prices), np.empty(size), waiting, touched, counts)


@compiled
def before(live: Flags, place: int) -> int:
    """The last place before this one that is believed; -1 where there is none."""
    place -= 1
    while place >= 0 and not live[place]:
        place -= 1
    return place


@compiled
def forget(told: Told, place: int) -> None:
    """A version that is not believed any more has no verdict and confirms nothing."""
    told.live[place] = told.kept[place] = False
    told.rule[place] = KEPT
    told.again[place] = told.begun[place] = -1
    told.admitted[place] = 0


@compiled
def touch(window: Window, place: int) -> None:
    """Note that the verdict on a place may be another one now."""
    window.touched[window.counts[TOUCHED]] = place
    window.counts[TOUCHED] += 1


@compiled
def hold(sales: Sales, told: Told, window: Window, oldest: int, end: int) -> None:
    """Have the kept prices of the places from `oldest` to before `end` inside, and no others."""
    near, counts = window.near, window.counts
    for place in range(min(oldest, counts[OLDEST]), max(end, counts[NEWEST])):
        wanted = told.kept[place] and oldest <= place < end
        if wanted and not near.inside[place]:
            put(near, place, sales.price[place])
            counts[SIZE] += 1
        elif near.inside[place] and not wanted:
            take(near, place, sales.price[place])
            counts[SIZE] -= 1
    counts[OLDEST], counts[NEWEST] = oldest, end


@compiled
def enter(sales: Sales, told: Told, window: Window, at: int) -> None:
    """Make the window what it is for place `at`; whom later sales re-admitted waits again."""
    ts, counts = sales.ts, window.counts
    oldest = np.searchsorted(ts[:at], ts[at] - NEAR_US)
    # Of three flagged sales in a row the first two may be older than any window.
    second = before(told.live, at)
    first = before(told.live, second) if second > 0 else second
    count = 0
    for place in range(min(oldest, max(first, 0)), at):
        told.was[place] = told.again[place]
        if told.live[place] and told.rule[place] != KEPT:
            if told.again[place] >= at:
                told.again[place] = -1
                told.kept[place] = False
                touch(window, place)
            if told.again[place] < 0:
                window.waiting[count] = place
                count += 1
    hold(sales, told, window, oldest, at)
    earliest = year = np.searchsorted(ts[:at], ts[at] - WIDE_US)
    for place in range(year, at):
        earliest = max(earliest, told.begun[place])
    counts[WAITING], counts[EARLIEST] = count, earliest


@compiled
def advance(sales: Sales, window: Window, at: int) -> None:
    """Let go what is too old for the sale at `at`."""
    ts, near, counts = sales.ts, window.near, window.counts
    while ts[counts[OLDEST]] < ts[at] - NEAR_US:
        if near.inside[counts[OLDEST]]:
            take(near, counts[OLDEST], sales.price[counts[OLDEST]])
            counts[SIZE] -= 1
        counts[OLDEST] += 1
    while ts[counts[EARLIEST]] < ts[at] - WIDE_US:
        counts[EARLIEST] += 1  # also moved by a new level: the old one's prices are no measure


@compiled
def measure(sales: Sales, told: Told, window: Window, at: int) -> bool:
    """Fill in the rule that the sale breaks, and its fence; whether there was enough to tell."""
    price, size, row = sales.price[at], window.counts[SIZE], window.row
    if size >= FEWEST:
        q1, median, q3 = near_quartiles(window.near, size)
        rule, low, high = tukey_of(price, q1, q3)
        if rule == KEPT and may_be_far(price, median):
            in_a_row(window.near, row)
            rule, low, high = robust_z_of(price, median, row, size)
        told.rule[at], told.low[at], told.high[at] = rule, low, high
        return True
    window.counts[THIN] = max(window.counts[THIN], at)
    told.rule[at] = KEPT
    size = 0
    for place in range(window.counts[EARLIEST], at):
        if told.kept[place]:
            row[size] = sales.price[place]
            size += 1
    if size < FEWEST:
        return False
    sort_first(row, size)
    told.rule[at], told.low[at], told.high[at] = fence_of(price, row, size)
    return True


@making
def sort_first(values: Floats, size: int) -> None:
    """Sort the first `size`."""
    values[:size].sort()


@compiled
def confirm(sales: Sales, told: Told, window: Window, at: int, measured: bool) -> None:
    """Re-admit the flagged sales that the judged one confirms."""
    ts, price, counts = sales.ts, sales.price, window.counts
    if told.rule[at] != KEPT:
        window.waiting[counts[WAITING]] = at
        counts[WAITING] += 1
        third_in_row(sales, told, window, at)
        return
    told.kept[at] = True
    put(window.near, at, price[at])
    counts[SIZE] += 1
    gone = 0
    while gone < counts[WAITING] and ts[window.waiting[gone]] < ts[at] - NEAR_US:
        gone += 1
    counts[WAITING] -= gone
    for i in range(counts[WAITING]):
        window.waiting[i] = window.waiting[i + gone]
    if not measured or counts[WAITING] < 2:
        return
    side = bridged(ts, price, sales.seller, told.high, window.waiting, counts[WAITING], at)
    if side == 0:
        return
    first = at
    for i in range(counts[WAITING]):
        place = window.waiting[i]
        same = (price[place] > told.high[place]) == (side > 0)
        if same and abs(price[place] - price[at]) <= AGREE:
            told.again[place] = at
            first = min(first, place)
    begin_level(told, window, at, first)


@compiled
def third_in_row(sales: Sales, told: Told, window: Window, at: int) -> None:
    """Any three flagged sales in a row that agree make a new level."""
    second = before(told.live, at)
    first = before(told.live, second) if second > 0 else -1
    if first < 0 or told.rule[second] == KEPT or told.rule[first] == KEPT:
        return
    if agree(sales.ts, sales.price, sales.seller, first, second, at):
        if told.again[first] < 0:
            begin_level(told, window, at, first)
        for place in (first, second, at):
            if told.again[place] < 0:
                told.again[place] = at


@compiled
def begin_level(told: Told, window: Window, at: int, first: int) -> None:
    """From its first sale on, the year that is asked is the new level's."""
    told.begun[at] = first
    window.counts[EARLIEST] = max(window.counts[EARLIEST], first)


@compiled
def admit(sales: Sales, told: Told, window: Window, at: int) -> bool:
    """Let those re-admitted by `at` count; whether they are whom it re-admitted before."""
    counts = window.counts
    left = admitted = 0
    same = True
    for i in range(counts[WAITING]):
        place = window.waiting[i]
        if told.again[place] < 0:
            window.waiting[left] = place
            left += 1
            continue
        told.kept[place] = True
        touch(window, place)
        admitted += 1
        same = same and told.was[place] == at
        if place >= counts[OLDEST]:
            put(window.near, place, sales.price[place])
            counts[SIZE] += 1
    counts[WAITING] = left
    same = same and told.admitted[at] == admitted
    told.admitted[at] = admitted
    return same


@compiled
def settled(sales: Sales, told: Told, window: Window, at: int, differs: int) -> bool:
    """Whether a difference at `differs`, the last one, reaches neither `at` nor what follows."""
    second = before(told.live, at)
    if second < 0 or before(told.live, second) <= differs:
        return False
    near = sales.ts[differs] >= sales.ts[at] - NEAR_US
    wide = sales.ts[differs] >= sales.ts[at] - WIDE_US
    return not near and (not wide or at > window.counts[THIN])


@compiled
def judge_sale(sales: Sales, told: Told, window: Window, at: int) -> bool:
    """Judge the sale at `at`; whether that came out as it was before."""
    flagged = told.rule[at] != KEPT
    above = flagged and sales.price[at] > told.high[at]
    begun = told.begun[at]
    told.was[at], told.again[at], told.begun[at] = told.again[at], -1, -1
    told.kept[at] = False
    touch(window, at)
    advance(sales, window, at)
    window.counts[NEWEST] = at + 1
    measured = measure(sales, told, window, at)
    confirm(sales, told, window, at, measured)
    same = admit(sales, told, window, at) and told.begun[at] == begun
    if flagged != (told.rule[at] != KEPT):
        return False
    return same and (not flagged or above == (sales.price[at] > told.high[at]))


@compiled
def leave(told: Told, window: Window, at: int) -> None:
    """From `at` on all is as it was: so are those that later sales re-admit."""
    for i in range(window.counts[WAITING]):
        place = window.waiting[i]
        if told.was[place] >= at:
            told.again[place] = told.was[place]
            told.kept[place] = True
    # The window is of this place: later ones cannot go on with it.
    window.counts[NEXT] = told.live.size + 1


@compiled
def judge_sales(sales: Sales, told: Told, window: Window, first: int, last: int, end: int) -> None:
    """Judge anew after something was learned about places from `first` to `last`; those believed
    lie before `end`."""
    counts = window.counts
    if first < counts[NEXT]:
        enter(sales, told, window, first)
    differs = last
    for at in range(first, end):
        if not told.live[at]:
            continue
        if settled(sales, told, window, at, differs):
            leave(told, window, at)
            return
        if not judge_sale(sales, told, window, at):
            differs = max(differs, at)
    counts[NEXT] = max(first, end)
