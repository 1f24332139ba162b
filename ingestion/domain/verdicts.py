"""Verdicts over time: what is held of each price and from when, whatever the order of arrival."""

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.checkpoints import (
    INSTRUMENT,
    RESUMED,
    before_moment,
    cuts,
    from_moment,
    next_checkpoints,
    told_before,
)
from ingestion.domain.resuming import end_of, nothing_left, start_of
from ingestion.domain.versions import VERDICTS

if TYPE_CHECKING:
    from ingestion.domain.moment_pass import Changes, End, Start, Versions

Ints = NDArray[np.int64]

FOREVER = np.iinfo(np.int64).max
NOBODY = -1  # the seller is not known
RULES = dict(enumerate(("confirmed", "tukey", "robust_z", "quote_jump")))  # by the passes' numbers
MOST_CENTS = 2_147_483_647  # what a store of int holds
MOST_LOG = 40.0  # of a fence beyond any price, whose cents a 64-bit number would not hold
MANY = 100_000  # versions, from which on several threads are worth waking

RESUME_NONE = pl.DataFrame(schema=RESUMED)
NOTHING_TOLD = pl.DataFrame(schema=VERDICTS)

SUBJECT = ["subject", "subject_id", "card_id", "grade_code"]


class Judged(NamedTuple):
    """Changes of verdict, as VERDICTS in the order of knowledge, and checkpoints of the sales."""

    rows: pl.DataFrame
    checkpoints: pl.DataFrame


def all_verdicts(versions: pl.DataFrame) -> pl.DataFrame:
    """Every change of verdict of every price, as VERDICTS in the order of knowledge.

    A pure function of the set of versions. A price without a row was always kept.
    """
    rows, _ = _judged(versions, RESUME_NONE, NOTHING_TOLD, None)
    return rows


def judged(versions: pl.DataFrame, resumed: pl.DataFrame, told: pl.DataFrame) -> Judged:
    """The same rows, of the sales of `resumed` only those known from the moment on.

    `versions` hold all of an instrument, or all from `since` on. `told`: the verdicts, by then, of
    sales with several versions.
    """
    return _judged(versions, resumed, told, cuts(versions, resumed))


def _judged(
    versions: pl.DataFrame, resumed: pl.DataFrame, told: pl.DataFrame, cut: pl.DataFrame | None
) -> Judged:
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.price_order import in_order, numbered_series

    numbered, series = numbered_series(versions)
    told_since = from_moment(numbered, resumed)
    places, bounds = in_order(told_since, series.height)
    ordered = _judged_by(told_since)[places]
    quotes = (series.get_column("kind") == "quote").to_numpy()
    start = start_of(ordered, series, resumed, told, cut)
    found, end = _changes(_as_arrays(ordered, bounds), bounds, quotes, start)
    of = ordered.select("series", subject_id="key", event_at="ts")[found.place]
    rows = of.hstack(_as_rows(found)).join(series, on="series", maintain_order="left")
    rows = rows.select(list(VERDICTS)).sort("known_at", "event_at", *SUBJECT)
    if cut is None:
        return Judged(rows, RESUME_NONE)
    levels, flagged = end_of(ordered, series, bounds, end)
    # What was held just before the moment was told before: it is where the pass began.
    begun = resumed.select(*INSTRUMENT, known_at=before_moment(), subject=pl.lit("trade"))
    rows = rows.join(begun, on=begun.columns, how="anti", maintain_order="left")
    return Judged(rows, next_checkpoints(versions, cut, levels, flagged))


def with_earlier(rows: pl.DataFrame, stored: pl.DataFrame, resumed: pl.DataFrame) -> pl.DataFrame:
    """The rows and, of resumed sales, what was told before the moment: it stands."""
    return pl.concat([told_before(stored, resumed), rows])


def _judged_by(numbered: pl.DataFrame) -> pl.DataFrame:
    """Of each version the number of its series and what it is judged by."""
    known = pl.col("seller").is_not_null()
    number = pl.col("seller").hash().reinterpret(signed=True)
    return numbered.select(
        "series",
        "ts",
        "key",
        pl.col("known_at").to_physical(),
        pl.col("until").to_physical().fill_null(FOREVER),
        pl.col("price_cents").log().alias("log_price"),
        pl.when(known).then(number).otherwise(NOBODY).alias("seller"),
    )


def _as_arrays(ordered: pl.DataFrame, bounds: Ints) -> "Versions":
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.moment_pass import Versions

    names = ("ts", "log_price", "seller", "known_at", "until")
    columns = [ordered.get_column(name).to_physical().to_numpy() for name in names]
    return Versions._make([*columns, _slots(ordered, bounds)])


def _slots(ordered: pl.DataFrame, bounds: Ints) -> Ints:
    """Of each row the first with the same price's key, counted from its series' first."""
    from_first = np.arange(ordered.height) - bounds[ordered.get_column("series").to_numpy()]
    numbered = ordered.select("series", "key", "until", slot=pl.Series(from_first))
    # Only a price of which a version has ended can have another one.
    ended = numbered.filter(pl.col("until") != FOREVER).get_column("key").unique()
    if not ended.is_empty():
        several = pl.col("key").is_in(ended.implode())
        first = pl.when(several).then(pl.col("slot").first().over("series", "key"))
        numbered = numbered.with_columns(slot=first.otherwise("slot"))
    return numbered.get_column("slot").to_numpy()


def _changes(
    versions: "Versions", bounds: Ints, quotes: NDArray[np.bool_], start: "Start"
) -> "tuple[Changes, End]":
    """The changes of all series, whose `place` counts from the first row of all, and their end."""
    from ingestion.domain.moment_pass import Changes, judge_few, judge_many

    judge = judge_many if versions.ts.size >= MANY else judge_few
    # Nearly always far fewer changes than prices; where there are more, once more with room.
    rooms = bounds + 8 * np.arange(bounds.size)
    counts = np.zeros(bounds.size - 1, np.int64)
    end = nothing_left(versions.ts.size, counts.size)
    while True:
        whole = int(rooms[-1])
        places, known = np.empty(whole, np.int64), np.empty(whole, np.int64)
        fences = np.empty(whole), np.empty(whole)
        out = Changes(places, known, np.empty(whole, np.int8), *fences)
        judge(bounds, versions, start, quotes, rooms, out, counts, end)
        if (counts <= np.diff(rooms)).all():
            break
        rooms = np.concatenate([[0], np.cumsum(counts)])
    written = np.repeat(rooms[:-1] - (np.cumsum(counts) - counts), counts)
    written += np.arange(written.size)
    found = Changes._make(column[written] for column in out)
    return found._replace(place=found.place + np.repeat(bounds[:-1], counts)), end


def _as_rows(found: "Changes") -> pl.DataFrame:
    """Moment, verdict, rule and fence of each change; the fence in cents, rounded outwards."""
    out = pl.Series(found.rule != 0)
    low = np.exp(found.low).astype(np.int64)
    high = np.minimum(MOST_CENTS, np.exp(np.minimum(found.high, MOST_LOG)).astype(np.int64) + 1)
    return pl.DataFrame({"known_at": found.known, "rule": found.rule}).select(
        pl.col("known_at").cast(VERDICTS["known_at"]),
        pl.when(out).then(pl.lit("outlier")).otherwise(pl.lit("kept")).alias("verdict"),
        pl.col("rule").replace_strict(RULES, return_dtype=pl.String),
        pl.when(out).then(pl.Series(low)).alias("fence_low_cents"),
        pl.when(out).then(pl.Series(high)).alias("fence_high_cents"),
    )


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
