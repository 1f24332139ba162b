"""Verdicts over time: what is held of each price and from when, whatever the order of arrival."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.outliers import (
    MOST_CENTS,
    NOBODY,
    RULES,
    Fence,
    Finding,
    Floats,
    Ints,
    Sale,
    findings,
    judged,
)
from ingestion.domain.quote_jumps import JUMP, find_jumps
from ingestion.domain.versions import VERDICTS

FOREVER = np.iinfo(np.int64).max
NEVER = np.iinfo(np.int64).min

Rule = Callable[[Ints, Floats, Ints], list[Finding]]

SUBJECT = ["subject", "subject_id", "card_id", "grade_code"]
SERIES = ["card_id", "grade_code", "kind", "subject"]


class Change(NamedTuple):
    """From `known_us` on, row `row` of the instrument is held to be an outlier or kept."""

    row: int
    known_us: int
    fence: Fence | None


class Believed(NamedTuple):
    """Versions in the order of (ts, key, known_at), as arrays; of one series or of many."""

    key: Ints
    ts: Ints
    log_price: Floats
    seller: Ints  # a number for each, NOBODY where it is not known
    known: Ints
    until: Ints  # FOREVER for what is believed now

    def of(self, begin: int, end: int) -> "Believed":
        """Those of some rows."""
        return Believed._make(column[begin:end] for column in self)


def jumps(ts: Ints, log_price: Floats, seller: Ints) -> list[Finding]:
    """The rule of quotes."""
    return find_jumps(
        [Sale(int(at), float(price)) for at, price in zip(ts, log_price, strict=True)]
    )


def all_verdicts(versions: pl.DataFrame) -> pl.DataFrame:
    """Every change of verdict of every price, as VERDICTS in the order of knowledge.

    A pure function of the set of versions. A price without a row was always kept.
    """
    series = versions.select(SERIES).unique().sort(SERIES).with_row_index("series")
    believed, bounds = _in_order(versions, series)
    in_turn = _in_turn(believed, bounds)
    quotes = (series.get_column("kind") == "quote").to_numpy()
    many = _of_series_in_turn(believed, bounds, np.flatnonzero(in_turn & ~quotes))
    rows = [many]
    for number in np.flatnonzero(~in_turn | quotes):
        begin, end = bounds[number], bounds[number + 1]
        one = believed.of(begin, end)
        # Most quotes never move far: nothing can be found on them.
        if not quotes[number] or np.ptp(one.log_price) > JUMP:
            rule = jumps if quotes[number] else findings
            rows.append(
                _rows(one, changes(one, rule)).with_columns(series=pl.lit(number, pl.UInt32))
            )
    told = pl.concat(rows).join(series, on="series").select(list(VERDICTS))
    return told.sort("known_at", "event_at", *SUBJECT)


def _in_order(versions: pl.DataFrame, series: pl.DataFrame) -> tuple[Believed, Ints]:
    """All versions by series, and where each series begins; the last number is the end."""
    known = pl.col("seller").is_not_null()
    number = pl.col("seller").hash().reinterpret(signed=True)
    ordered = (
        versions.join(series, on=SERIES, maintain_order="left")
        .select(
            "series",
            pl.col("ts").to_physical(),
            "key",
            pl.col("known_at").to_physical(),
            pl.col("until").to_physical().fill_null(FOREVER),
            pl.col("price_cents").log().alias("log_price"),
            pl.when(known).then(number).otherwise(NOBODY).alias("seller"),
        )
        .sort("series", "ts", "key", "known_at")
    )
    names = ("key", "ts", "log_price", "seller", "known_at", "until")
    columns = (ordered.get_column(name).to_numpy() for name in names)
    ends = np.arange(series.height + 1)
    bounds = np.searchsorted(ordered.get_column("series").to_numpy(), ends).astype(np.int64)
    return Believed._make(columns), bounds


def _in_turn(believed: Believed, bounds: Ints) -> NDArray[np.bool_]:
    """Whether all of a series became known in the order in which it happened, and still stands."""
    out_of_turn = believed.until != FOREVER
    out_of_turn[1:] |= believed.known[1:] < believed.known[:-1]
    begins = bounds[:-1]
    out_of_turn[begins] = believed.until[begins] != FOREVER
    return np.asarray(np.add.reduceat(out_of_turn, begins) == 0 if begins.size else out_of_turn)


def _of_series_in_turn(believed: Believed, bounds: Ints, numbers: Ints) -> pl.DataFrame:
    """Changes of the series of these numbers, all at once: one pass tells all moments."""
    lengths = np.diff(bounds)[numbers]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    # Where all are wanted, nothing is copied.
    whole = numbers.size == bounds.size - 1
    places = np.arange(believed.key.size) if whole else _places(bounds[numbers], lengths)
    mine = believed if whole else Believed._make(column[places] for column in believed)
    told = judged(starts, mine.ts, mine.log_price, mine.seller)
    of = np.flatnonzero(told.rule)
    index = np.searchsorted(starts, of, side="right") - 1
    back = told.again[of] >= 0
    at = np.where(back, starts[index] + told.again[of], of)
    # Flagged and re-admitted in one moment is no change.
    out = ~back | (mine.known[at] > mine.known[of])
    fence = (told.rule[of], told.low[of], told.high[of])
    flagged = _told(mine, of, mine.known[of], fence).with_columns(
        series=pl.Series(numbers[index], dtype=pl.UInt32)
    )
    admitted = _told(mine, of, mine.known[at], None).with_columns(
        series=pl.Series(numbers[index], dtype=pl.UInt32)
    )
    return pl.concat([flagged.filter(out), admitted.filter(out & back)])


def _places(begins: Ints, lengths: Ints) -> Ints:
    """The rows of the series that begin there and are so long, one after another."""
    first = np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    return first + np.arange(first.size)


def _told(
    believed: Believed,
    rows: Ints,
    known: Ints,
    fence: tuple[NDArray[np.int8], Floats, Floats] | None,
) -> pl.DataFrame:
    """Rows of VERDICTS but for card, grade and subject: outliers, or re-admitted without fence."""
    frame = pl.DataFrame(
        {"subject_id": believed.key[rows], "event_at": believed.ts[rows], "known_at": known}
    ).with_columns(pl.col("event_at", "known_at").cast(UTC))
    none = pl.lit(None, pl.Int64)
    if fence is None:
        return frame.with_columns(
            verdict=pl.lit("kept"),
            rule=pl.lit("confirmed"),
            fence_low_cents=none,
            fence_high_cents=none,
        )
    rule, low, high = fence
    return frame.with_columns(
        verdict=pl.lit("outlier"),
        rule=pl.Series([RULES[one] for one in rule], dtype=pl.String),
        fence_low_cents=pl.Series(np.exp(low).astype(np.int64)),
        fence_high_cents=pl.Series(
            np.minimum(MOST_CENTS, np.exp(np.minimum(high, 40.0)).astype(np.int64) + 1)
        ),
    )


UTC = VERDICTS["known_at"]
MICRO_VERDICTS = {
    name: pl.Int64 if kind == UTC else kind
    for name, kind in VERDICTS.items()
    if name not in ("subject", "card_id", "grade_code")
}


def _rows(believed: Believed, found: list[Change]) -> pl.DataFrame:
    """The changes of one series as `_told` gives them."""
    rows: list[tuple[object, ...]] = []
    for row, known_us, fence in found:
        low, high = fence.cents() if fence else (None, None)
        verdict, rule = ("outlier", fence.rule) if fence else ("kept", "confirmed")
        place = (int(believed.key[row]), int(believed.ts[row]), known_us)
        rows.append((*place, verdict, rule, low, high))
    told = pl.DataFrame(rows, schema=MICRO_VERDICTS, orient="row")
    return told.cast({"event_at": UTC, "known_at": UTC})


def changes(believed: Believed, rule: Rule) -> list[Change]:
    """Every change of what is held of each row, in the order of knowledge.

    Between two moments at which something out of turn is learned (a late sale, a correction),
    sales become known in the order in which they happened, so one run over what is known by then
    gives the verdicts of every moment in between.
    """
    late = believed.known > np.minimum.accumulate(believed.known[::-1])[::-1]
    turns = np.unique(np.concatenate([believed.known[late], believed.until]))
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


def missing_verdicts(wanted: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows to append so that at every moment the stored verdict is the wanted one.

    Both as VERDICTS; `stored` in the order of knowledge. Appending is enough even when something
    learned late changes the past: of two rows of one moment the later counts.
    """
    moments: dict[tuple[object, ...], dict[object, list[Row | None]]] = {}
    for side, told in enumerate((wanted, stored)):
        for row in told.iter_rows(named=True):
            subject = tuple(row[name] for name in SUBJECT)
            moments.setdefault(subject, {}).setdefault(row["known_at"], [None, None])[side] = row
    missing: list[Row] = []
    for by_moment in moments.values():
        held: Row | None = None
        want: Row | None = None
        for moment, (wanted_now, stored_now) in sorted(by_moment.items(), key=itemgetter(0)):
            want, held = wanted_now or want, stored_now or held
            if _verdict(want) != _verdict(held):
                held = want or {**held, "verdict": "kept", "rule": "restated"}  # type: ignore[dict-item]  # differs from None, so held is a row
                missing.append({**held, "known_at": moment})
    rows = pl.DataFrame(missing, schema=VERDICTS, orient="row")
    return rows.sort("known_at", "event_at", "subject_id")


Row = dict[str, object]


def _verdict(row: Row | None) -> object:
    return "kept" if row is None else row["verdict"]
