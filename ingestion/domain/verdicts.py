"""Verdicts over time: what is held of each price and from when, whatever the order of arrival."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.outliers import Fence, Finding, Sale, find_outliers
from ingestion.domain.quote_jumps import JUMP, find_jumps
from ingestion.domain.versions import VERDICTS

FOREVER = np.iinfo(np.int64).max
NEVER = np.iinfo(np.int64).min

Micros = NDArray[np.int64]
Rule = Callable[[Sequence[Sale]], list[Finding]]

RULES: dict[str, Rule] = {"trade": find_outliers, "bar": find_outliers, "quote": find_jumps}

SUBJECT = ["subject", "subject_id", "card_id", "grade_code"]


class Change(NamedTuple):
    """From `known_us` on, row `row` of the instrument is held to be an outlier or kept."""

    row: int
    known_us: int
    fence: Fence | None


class Believed(NamedTuple):
    """One instrument's versions in the order of (ts, key, known_at), as arrays."""

    key: Micros
    ts: Micros
    log_price: NDArray[np.float64]
    seller: Sequence[str | None]
    known: Micros
    until: Micros  # FOREVER for what is believed now


def all_verdicts(versions: pl.DataFrame) -> pl.DataFrame:
    """Every change of verdict of every price, as VERDICTS in the order of knowledge.

    A pure function of the set of versions. A price without a row was always kept.
    """
    ordered = versions.sort("card_id", "grade_code", "kind", "ts", "key", "known_at")
    suspects = ordered.filter(_may_have_findings(ordered))
    found: list[tuple[object, ...]] = []
    for group in suspects.partition_by("card_id", "grade_code", "kind", maintain_order=True):
        found.extend(_verdicts_of(group))
    rows = pl.DataFrame(found, schema=MICRO_VERDICTS, orient="row")
    return rows.cast({"event_at": UTC, "known_at": UTC}).select(list(VERDICTS))


UTC = VERDICTS["known_at"]
MICRO_VERDICTS = {name: pl.Int64 if kind == UTC else kind for name, kind in VERDICTS.items()}


def _may_have_findings(ordered: pl.DataFrame) -> pl.Expr:
    """Leaves out instruments whose quotes never move far: nothing can be found on them."""
    log_price = pl.col("price_cents").log()
    spread = (log_price.max() - log_price.min()).over("card_id", "grade_code", "kind")
    return (pl.col("kind") != "quote") | (spread > JUMP)


def _verdicts_of(group: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    first = group.row(0, named=True)
    believed = Believed(
        key=group.get_column("key").to_numpy(),
        ts=group.get_column("ts").to_physical().to_numpy(),
        log_price=group.get_column("price_cents").log().to_numpy(),
        seller=group.get_column("seller").to_list(),
        known=group.get_column("known_at").to_physical().to_numpy(),
        until=group.get_column("until").to_physical().fill_null(FOREVER).to_numpy(),
    )
    for change in changes(believed, RULES[first["kind"]]):
        verdict, rule, low, high = "kept", "confirmed", None, None
        if change.fence is not None:
            verdict, rule = "outlier", change.fence.rule
            low, high = change.fence.cents()
        yield (
            first["subject"],
            int(believed.key[change.row]),
            first["card_id"],
            first["grade_code"],
            int(believed.ts[change.row]),
            change.known_us,
            verdict,
            rule,
            low,
            high,
        )


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
    sales = [
        Sale(int(believed.ts[row]), float(believed.log_price[row]), believed.seller[row])
        for row in rows
    ]
    at_begin: dict[int, tuple[int, Fence | None]] = {}
    later: list[Change] = []
    for finding in rule(sales):
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
