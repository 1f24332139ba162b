"""Goes through all moments at which something was learned of an instrument's prices, compiled.

At each, versions come and go; what they can reach is judged again, and every verdict that became
another one is told. Imported when first needed: the compiler takes half a second to load.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingestion.domain import level_rules, near_prices, quote_pass, sale_pass
from ingestion.domain.compiled_entry import compiled_entry
from ingestion.domain.level_rules import KEPT, Floats, Ints, compiled, making
from ingestion.domain.quote_pass import judge_quotes
from ingestion.domain.sale_pass import (
    NEXT,
    TOUCHED,
    Flags,
    Sales,
    Told,
    Window,
    empty_window,
    forget,
    judge_sales,
    nothing_told,
)

FOREVER = np.iinfo(np.int64).max
NEVER = np.iinfo(np.int64).min
PARTS_PER_CORE = 4  # instruments differ in how long they take


class Versions(NamedTuple):
    """Versions by instrument, in the order of (ts, key, known); of one instrument or of many.

    `until`: FOREVER for what is believed now. `slot`: the first place, counted from the
    instrument's, of a version of the same price.
    """

    ts: Ints
    price: Floats  # log
    seller: Ints  # a number for each, -1 where it is not known
    known: Ints
    until: Ints
    slot: Ints


class Turns(NamedTuple):
    """The places in the order in which their versions become known, and in which they end;
    `standing`: of each quote, see `judge_quotes`."""

    come: Ints
    gone: Ints
    standing: Ints


class Changes(NamedTuple):
    """From `known` on, the price at `place` is held to be an outlier by `rule`; 0: kept."""

    place: Ints
    known: Ints
    rule: NDArray[np.int8]
    low: Floats
    high: Floats


class Start(NamedTuple):
    """What was held of each place before the first moment; of interest at an instrument's first
    places, `first` of them, that are believed throughout and were judged before.

    `again`: whether one of these re-admitted it. `level`: the first place of the newest level that
    one of them confirmed, -1: none. `held`: the verdict that was told, by slot, of every place.
    `cut`: of the sales before it the end is told, as the next start; NEVER: none are.
    """

    rule: NDArray[np.int8]
    low: Floats
    high: Floats
    again: Flags
    held: Flags
    first: Ints
    level: Ints
    cut: Ints


class End(NamedTuple):
    """Of the flagged places before the cut what Start has; `level` and `flagged`, how many, by
    instrument."""

    place: Ints
    rule: NDArray[np.int8]
    low: Floats
    high: Floats
    again: Flags
    level: Ints
    flagged: Ints


@compiled
def take_up(told: Told, window: Window, start: Start, count: int, level: int) -> None:
    """Believe the first places as they were judged before."""
    for place in range(count):
        told.live[place] = True
        told.rule[place], told.low[place] = start.rule[place], start.low[place]
        told.high[place] = start.high[place]
        told.again[place] = place if start.again[place] else -1
        told.kept[place] = start.rule[place] == KEPT or start.again[place]
    if count > 0:
        # Whichever of them confirmed it: once a year has passed since, the year begins later.
        told.begun[count - 1] = level
        window.counts[NEXT] = told.live.size + 1


@compiled
def lay_down(ts: Ints, told: Told, cut: int, room: End) -> tuple[int, int]:
    """How the sales before the cut stand by sales before it alone: how many are flagged, and the
    first place of the newest level."""
    end, flagged, level = np.searchsorted(ts, cut), 0, -1
    for place in range(end):
        if not told.live[place]:
            continue
        level = max(level, told.begun[place])
        if told.rule[place] != KEPT:
            room.place[flagged], room.rule[flagged] = place, told.rule[place]
            room.low[flagged], room.high[flagged] = told.low[place], told.high[place]
            room.again[flagged] = 0 <= told.again[place] < end
            flagged += 1
    return flagged, level


Judge = Callable[[Ints, Versions, Start, Flags, Ints, Changes, Ints, End], None]


@making
def in_order_of(moment: Ints, places: Ints) -> Ints:
    """The places by their moment; of one moment by place."""
    for i in range(1, places.size):
        if moment[places[i]] < moment[places[i - 1]]:
            return places[np.argsort(moment[places], kind="mergesort")]
    return places


@compiled
def tell(
    versions: Versions, told: Told, window: Window, held: Flags, now: int, out: Changes, count: int
) -> int:
    """Write down the touched verdicts that are not what was held before; how many there are now."""
    for i in range(window.counts[TOUCHED]):
        place = window.touched[i]
        flagged = told.rule[place] != KEPT and told.again[place] < 0
        slot = versions.slot[place]
        if not told.live[place] or held[slot] == flagged:
            continue
        held[slot] = flagged
        if count < out.place.size:
            out.place[count], out.known[count] = place, now
            out.rule[count] = told.rule[place] if flagged else KEPT
            out.low[count], out.high[count] = told.low[place], told.high[place]
        count += 1
    window.counts[TOUCHED] = 0
    return count


@making
def turns_of(versions: Versions, begin: int) -> Turns:
    """The turns of the places from `begin` on; what ends before it is known never comes."""
    known, until = versions.known, versions.until
    coming, going = known < until, (known < until) & (until != FOREVER)
    coming[:begin] = going[:begin] = False
    come = in_order_of(known, np.flatnonzero(coming))
    return Turns(come, in_order_of(until, np.flatnonzero(going)), np.full(known.size, -1, np.int64))


@compiled
def judge_moments(
    versions: Versions,
    quotes: bool,
    told: Told,
    window: Window,
    turns: Turns,
    held: Flags,
    begin: int,
    out: Changes,
) -> int:  # two lists merged by time
    """All changes of one instrument, in the order of knowledge, from place `begin` on. How many:
    more than `out` has room for are counted, but not written."""
    sales = Sales(versions.ts, versions.price, versions.seller)
    known, until = versions.known, versions.until
    come, gone = turns.come, turns.gone
    at = past = count = 0
    end = begin
    while at < come.size or past < gone.size:
        now = FOREVER
        if at < come.size:
            now = known[come[at]]
        if past < gone.size:
            now = min(now, until[gone[past]])
        first, last = known.size, -1
        while past < gone.size and until[gone[past]] == now:
            forget(told, gone[past])
            first, last = min(first, gone[past]), max(last, gone[past])
            past += 1
        while at < come.size and known[come[at]] == now:
            told.live[come[at]] = True
            first, last = min(first, come[at]), max(last, come[at])
            end = max(end, come[at] + 1)
            at += 1
        if quotes:
            judge_quotes(versions.price, told, window, turns.standing, first, last, end)
        else:
            judge_sales(sales, told, window, first, last, end)
        count = tell(versions, told, window, held, now, out, count)
    return count


@compiled_entry(level_rules, near_prices, sale_pass, quote_pass)
def judge_few(sources: str) -> Judge:
    """`judge_moments` of each instrument: number i has the places from bounds[i] to bounds[i + 1]
    and writes to `out` from rooms[i] to rooms[i + 1], to `left` at its places; counts[i]: how many
    changes it has."""

    def judge_all(
        bounds: Ints,
        versions: Versions,
        start: Start,
        quotes: Flags,
        rooms: Ints,
        out: Changes,
        counts: Ints,
        left: End,
    ) -> None:
        # Named, so that what is kept on disk is of these sources.
        _ = sources
        for i in range(bounds.size - 1):
            a, b, c, d = bounds[i], bounds[i + 1], rooms[i], rooms[i + 1]
            one = Versions(
                versions.ts[a:b],
                versions.price[a:b],
                versions.seller[a:b],
                versions.known[a:b],
                versions.until[a:b],
                versions.slot[a:b],
            )
            before = Start(
                start.rule[a:b],
                start.low[a:b],
                start.high[a:b],
                start.again[a:b],
                start.held[a:b].copy(),
                start.first,
                start.level,
                start.cut,
            )
            room = Changes(
                out.place[c:d], out.known[c:d], out.rule[c:d], out.low[c:d], out.high[c:d]
            )
            first = start.first[i]
            told, window, turns = nothing_told(b - a), empty_window(one.price), turns_of(one, first)
            take_up(told, window, before, first, start.level[i])
            counts[i] = judge_moments(one, quotes[i], told, window, turns, before.held, first, room)
            rest = End(
                left.place[a:b],
                left.rule[a:b],
                left.low[a:b],
                left.high[a:b],
                left.again[a:b],
                left.level,
                left.flagged,
            )
            left.flagged[i], left.level[i] = lay_down(one.ts, told, start.cut[i], rest)

    return judge_all


def judge_many(
    bounds: Ints,
    versions: Versions,
    start: Start,
    quotes: Flags,
    rooms: Ints,
    out: Changes,
    counts: Ints,
    left: End,
) -> None:
    """`judge_few` on all cores, each with instruments of about as many versions in a row."""
    cores = len(os.sched_getaffinity(0))
    shares = np.linspace(0, bounds[-1], PARTS_PER_CORE * cores + 1)
    cuts = np.unique(np.append(np.searchsorted(bounds[:-1], shares[:-1]), bounds.size - 1))

    def judge(a: int, b: int) -> None:
        first, level, cut = start.first[a:b], start.level[a:b], start.cut[a:b]
        begin = start._replace(first=first, level=level, cut=cut)
        end = left._replace(level=left.level[a:b], flagged=left.flagged[a:b])
        part = quotes[a:b], rooms[a : b + 1], out, counts[a:b]
        judge_few(bounds[a : b + 1], versions, begin, *part, end)

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(judge, cuts[:-1], cuts[1:]))
