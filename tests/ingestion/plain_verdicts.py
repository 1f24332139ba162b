"""The plain meaning of verdicts over time: one run over what is believed, for each moment.

What the jobs call must give the same, whatever it leaves out.
"""

from collections.abc import Callable, Iterator, Sequence
from math import exp, log
from typing import NamedTuple

import numpy as np
import polars as pl
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
    fence_of,
    insert,
    remove,
)
from ingestion.domain.versions import VERDICTS

FOREVER = np.iinfo(np.int64).max
NEVER = np.iinfo(np.int64).min
NOBODY = -1
MOST_CENTS = 2_147_483_647
RULES = ("kept", "tukey", "robust_z")
JUMP = log(3.0)


class Sale(NamedTuple):
    """One price in the order of (ts, key). `seller` None: not known."""

    ts_us: int
    log_price: float
    seller: str | None = None


class Fence(NamedTuple):
    """The bounds, log price, that a price was outside of, and the rule they come from."""

    rule: str
    low: float
    high: float

    def cents(self) -> tuple[int, int]:
        """The bounds in cents, rounded outwards to what a store of int holds."""
        return max(0, int(exp(self.low))), min(MOST_CENTS, int(exp(min(self.high, 40.0))) + 1)


class Finding(NamedTuple):
    """`at` is the index of the sale with which it became known that sale `of` is (not) one."""

    of: int
    at: int
    fence: Fence | None  # None: re-admitted


Rule = Callable[[Ints, Floats, Ints], list[Finding]]


class Believed(NamedTuple):
    """One series' versions in the order of (ts, key, known_at)."""

    key: Ints
    ts: Ints
    log_price: Floats
    seller: Ints
    known: Ints
    until: Ints


class Change(NamedTuple):
    """From `known_us` on, row `row` of the instrument is held to be an outlier or kept."""

    row: int
    known_us: int
    fence: Fence | None


def judge(
    ts: Ints, price: Floats, seller: Ints, rule: Rules, low: Floats, high: Floats, again: Ints
) -> None:  # the whole rule in one piece, as it is told: plain is the point here
    """Of one instrument's sales in the order of (ts, key), fill in the rule each broke and its
    fence, and the place of the sale that re-admitted it (-1: none did)."""
    n = ts.size
    near = np.empty(n + 1)
    kept = np.zeros(n, dtype=np.bool_)
    waiting = np.empty(n, dtype=np.int64)
    size = oldest = earliest = count = in_row = 0
    for at in range(n):
        while ts[oldest] < ts[at] - NEAR_US:
            if kept[oldest]:
                remove(near, 0, size, price[oldest])
                size -= 1
            oldest += 1
        while ts[earliest] < ts[at] - WIDE_US:
            earliest += 1  # also moved by a new level: prices of the old one are no measure of it
        measured = True
        if size >= FEWEST:
            rule[at], low[at], high[at] = fence_of(price[at], near, size)
        else:
            wide = np.sort(price[earliest:at][kept[earliest:at]])
            measured = wide.size >= FEWEST
            if measured:
                rule[at], low[at], high[at] = fence_of(price[at], wide, wide.size)
        side = 0
        if rule[at] == KEPT:
            in_row = 0
            kept[at] = True
            insert(near, 0, size, price[at])
            size += 1
            while count and ts[waiting[0]] < ts[at] - NEAR_US:
                count -= 1
                for i in range(count):
                    waiting[i] = waiting[i + 1]
            if measured and count > 1:
                side = bridged(ts, price, seller, high, waiting, count, at)
        else:
            in_row += 1
            waiting[count] = at
            count += 1
            # Any three flagged sales in a row that agree make a new level.
            if in_row >= 3 and agree(ts, price, seller, at - 2, at - 1, at):
                if again[at - 2] < 0:
                    earliest = at - 2
                for place in range(at - 2, at + 1):
                    if again[place] < 0:
                        again[place] = at
        if side != 0:
            first = at
            for i in range(count):
                place = waiting[i]
                same = (price[place] > high[place]) == (side > 0)
                if same and abs(price[place] - price[at]) <= AGREE:
                    again[place] = at
                    first = min(first, place)
            earliest = max(earliest, first)
        left = 0
        for i in range(count):
            place = waiting[i]
            if again[place] < 0:
                waiting[left] = place
                left += 1
            else:
                kept[place] = True
                if place >= oldest:
                    insert(near, 0, size, price[place])
                    size += 1
        count = left


def findings(ts_us: Ints, log_price: Floats, seller: Ints) -> list[Finding]:
    """All findings on one instrument's sales, given in the order of (ts, key)."""
    size = ts_us.size
    rule, low, high = np.zeros(size, np.int8), np.zeros(size), np.zeros(size)
    again = np.full(size, -1, np.int64)
    judge(ts_us, log_price, seller, rule, low, high, again)
    found: list[Finding] = []
    for of in map(int, np.flatnonzero(rule)):
        found.append(Finding(of, of, Fence(RULES[rule[of]], float(low[of]), float(high[of]))))
        if again[of] >= 0:
            found.append(Finding(of, int(again[of]), None))
    # Flagged first, then re-admitted: of two findings of one moment the later counts.
    return sorted(found, key=lambda one: (one.at, one.fence is None, one.of))


def jumps(ts_us: Ints, log_price: Floats, seller: Ints) -> list[Finding]:
    """The rule of quotes."""
    return find_jumps(
        [Sale(int(at), float(price)) for at, price in zip(ts_us, log_price, strict=True)]
    )


def find_outliers(sales: Sequence[Sale]) -> list[Finding]:
    """`findings` on sales one by one."""
    numbers: dict[str | None, int] = {None: NOBODY}
    for sale in sales:
        numbers.setdefault(sale.seller, len(numbers))
    return findings(
        np.array([sale.ts_us for sale in sales], np.int64),
        np.array([sale.log_price for sale in sales], np.float64),
        np.array([numbers[sale.seller] for sale in sales], np.int64),
    )


def find_jumps(quotes: Sequence[Sale]) -> list[Finding]:
    """All findings on one instrument's quotes, given in the order of (ts, key).

    A quote is measured against the last one that was not flagged. The one after a jump either
    agrees with it, and both stand, or it is measured against the same one as the jump was.
    """
    findings: list[Finding] = []
    standing: float | None = None
    waiting: int | None = None
    for place, quote in enumerate(quotes):
        if waiting is not None and abs(quote.log_price - quotes[waiting].log_price) <= AGREE:
            findings.append(Finding(waiting, place, None))
            standing, waiting = quote.log_price, None
            continue
        waiting = None
        if standing is None or abs(quote.log_price - standing) <= JUMP:
            standing = quote.log_price
            continue
        findings.append(
            Finding(place, place, Fence("quote_jump", standing - JUMP, standing + JUMP))
        )
        waiting = place
    return findings


def changes(believed: Believed, rule: Rule) -> list[Change]:
    """Every change of what is held of each row, in the order of knowledge.

    Between two moments at which something out of turn is learned (a late sale, a correction),
    sales become known in the order in which they happened, so one run over what is known by then
    gives the verdicts of every moment in between.
    """
    late = believed.known > np.minimum.accumulate(believed.known[::-1])[::-1]
    # A price that comes back is held by what is known then: it may have gone as an outlier.
    numbers, times = np.unique(believed.key, return_counts=True)
    back = np.isin(believed.key, numbers[times > 1])
    turns = np.unique(np.concatenate([believed.known[late | back], believed.until]))
    begins = [NEVER, *(int(turn) for turn in turns if turn != FOREVER)]
    held: dict[int, Fence | None] = {}
    found: list[Change] = []
    for begin, end in zip(begins, [*begins[1:], FOREVER], strict=True):
        live = (believed.until > begin) & (~late | (believed.known <= begin))
        rows = np.flatnonzero(live)
        found.extend(_changes_between(believed, rule, rows, begin, end, held))
    return found


def _changes_between(
    believed: Believed,
    rule: Rule,
    rows: NDArray[np.intp],
    begin: int,
    end: int,
    held: dict[int, Fence | None],
) -> Iterator[Change]:
    """Changes with begin <= known < end; `held`, by key, is carried from stretch to stretch."""
    at_begin: dict[int, tuple[int, Fence | None]] = {}
    later: list[Change] = []
    found = rule(believed.ts[rows], believed.log_price[rows], believed.seller[rows])
    for finding in found:
        row, known = int(rows[finding.of]), int(believed.known[rows[finding.at]])
        if known <= begin:
            at_begin[int(believed.key[row])] = (row, finding.fence)
        elif known < end:
            later.append(Change(row, known, finding.fence))
    for row in map(int, rows):
        key = int(believed.key[row])
        if believed.known[row] <= begin and key not in at_begin:
            at_begin[key] = (row, None)
    now = [Change(row, begin, fence) for row, fence in at_begin.values()]
    # Flagged and re-admitted in one moment is no change: the last finding of a moment counts.
    last = {(int(believed.key[c.row]), c.known_us): c for c in [*now, *later]}
    for change in sorted(last.values(), key=lambda c: (c.known_us, c.row)):
        key = int(believed.key[change.row])
        if (held.get(key) is None) != (change.fence is None):
            yield change
        held[key] = change.fence


def plain_verdicts(versions: pl.DataFrame) -> pl.DataFrame:
    """Every change of verdict of the prices of one series, as VERDICTS but for its names."""
    ordered = versions.sort("ts", "key", "known_at")
    sellers = {None: NOBODY}
    for name in ordered.get_column("seller"):
        sellers.setdefault(name, len(sellers))
    believed = Believed(
        ordered.get_column("key").to_numpy(),
        ordered.get_column("ts").to_physical().to_numpy(),
        ordered.get_column("price_cents").log().to_numpy(),
        np.array([sellers[name] for name in ordered.get_column("seller")], np.int64),
        ordered.get_column("known_at").to_physical().to_numpy(),
        ordered.get_column("until").to_physical().fill_null(FOREVER).to_numpy(),
    )
    quotes = ordered.height > 0 and ordered.get_column("kind")[0] == "quote"
    rows = []
    for row, known_us, fence in changes(believed, jumps if quotes else findings):
        low, high = fence.cents() if fence else (None, None)
        verdict, rule = ("outlier", fence.rule) if fence else ("kept", "confirmed")
        place = (int(believed.key[row]), int(believed.ts[row]), known_us)
        rows.append((*place, verdict, rule, low, high))
    names = [name for name in VERDICTS if name not in ("subject", "card_id", "grade_code")]
    moments = ("event_at", "known_at")
    schema = {name: pl.Int64 if name in moments else VERDICTS[name] for name in names}
    told = pl.DataFrame(rows, schema=schema, orient="row")
    return told.cast({name: VERDICTS[name] for name in moments})
