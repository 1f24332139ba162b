"""Checkpoints of sales that were judged: with one, a night reads the year before and what is new.

At every moment a verdict is a function of the sales believed then. Nothing that was learned of days
from `moment` on, a midnight, is known before it; so no verdict that was known before changes, and
later ones need only how the sales before the checkpoint's cut stood, if nothing is learned of these
from `moment` on.
"""

import json

import polars as pl

from ingestion.domain.records import UTC_US, Schema

INSTRUMENT = ["card_id", "grade_code"]
WINDOW = pl.duration(days=365)  # the farthest a fence looks back
LATE = pl.duration(days=31)  # what is learned of sales older than that has a series judged whole
# Checkpoints of other rules are passed over: to be raised with each change of what is flagged.
RULES_ARE = 2

# `since` to `cut`: the sales that a later one can be measured by. `learned_at`: when the last thing
# was learned of a sale before the cut. `sales`, `cents`: how many are believed from `since` on, and
# their sum. `level`: the sale that began the newest level. `flagged`: those that broke a rule, as
# JSON: key, rule, log fence, and whether a sale before the cut re-admitted it.
CHECKPOINTS: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "since": UTC_US,
    "cut": UTC_US,
    "learned_at": UTC_US,
    "sales": pl.Int64,
    "cents": pl.Int64,
    "level": pl.Int64,
    "flagged": pl.String,
}
RESUMED: Schema = {**CHECKPOINTS, "moment": UTC_US}
FLAGGED: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "key": pl.Int64,
    "rule": pl.Int8,
    "low": pl.Float64,
    "high": pl.Float64,
    "again": pl.Boolean,
}


def resumable(pending: pl.DataFrame, checkpoints: pl.DataFrame) -> pl.DataFrame:
    """The checkpoints that no work lies before, as RESUMED."""
    moment = pl.col("day").min().cast(UTC_US)
    return (
        checkpoints.join(pending.group_by(INSTRUMENT).agg(moment=moment), on=INSTRUMENT)
        .filter(pl.col("cut") <= pl.col("moment"), pl.col("learned_at") < pl.col("moment"))
        .select(list(RESUMED))
    )


def sound(resumed: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Those whose sales before the cut are the ones that they were made of, and of which all that
    is new is known from their moment on."""
    # Without what is flagged, whose text would be held for each sale.
    bounds = resumed.select(*INSTRUMENT, "since", "cut", "moment", "learned_at")
    told = _sales(versions).join(bounds, on=INSTRUMENT)
    new = pl.col("ts") >= pl.col("moment")
    early = told.filter(new & (pl.col("known_at") < pl.col("moment")))
    before = told.filter(pl.col("ts") < pl.col("cut"))
    moved = before.filter(_learned() > pl.col("learned_at"))
    live = before.filter(pl.col("until").is_null(), pl.col("ts") >= pl.col("since"))
    now = live.group_by(INSTRUMENT).agg(found=pl.len(), sum=pl.col("price_cents").sum())
    same = (pl.col("sales") == pl.col("found").fill_null(0)) & (
        pl.col("cents") == pl.col("sum").fill_null(0)
    )
    return (
        resumed.join(now, on=INSTRUMENT, how="left")
        .filter(same)
        .join(moved, on=INSTRUMENT, how="anti")
        .join(early, on=INSTRUMENT, how="anti")
        .select(list(RESUMED))
    )


def from_moment(versions: pl.DataFrame, resumed: pl.DataFrame) -> pl.DataFrame:
    """The versions with a moment before the first in which all is known that was known by then."""
    if resumed.is_empty():
        return versions
    begun = resumed.select(*INSTRUMENT, "since", before=before_moment())
    told = versions.filter(subject="trade").join(begun, on=INSTRUMENT, how="left")
    new = pl.col("before").is_null()
    stands = pl.col("until").is_null() | (pl.col("until") > pl.col("before"))
    known_at = pl.max_horizontal("known_at", "before")
    kept = told.filter(new | (stands & (pl.col("ts") >= pl.col("since"))))
    rest = versions.filter(pl.col("subject") != "trade")
    return pl.concat([kept.with_columns(known_at=known_at).select(versions.columns), rest])


def before_moment() -> pl.Expr:
    """The last microsecond before the moment."""
    return pl.col("moment").dt.offset_by("-1us")


def told_before(told: pl.DataFrame, resumed: pl.DataFrame) -> pl.DataFrame:
    """Of verdicts on sales those known before the moment."""
    moments = resumed.select(*INSTRUMENT, "moment")
    rows = told.filter(subject="trade").join(moments, on=INSTRUMENT, maintain_order="left")
    return rows.filter(pl.col("known_at") < pl.col("moment")).select(told.columns)


def cuts(versions: pl.DataFrame, resumed: pl.DataFrame) -> pl.DataFrame:
    """Where the next checkpoint of each instrument lies: never before its last one."""
    newest = versions.filter(subject="trade").group_by(INSTRUMENT).agg(pl.col("ts").max())
    last = resumed.select(*INSTRUMENT, "cut", "learned_at")
    cut = pl.max_horizontal((pl.col("ts") - LATE).dt.truncate("1d"), "cut")
    return newest.join(last, on=INSTRUMENT, how="left").select(*INSTRUMENT, "learned_at", cut=cut)


def next_checkpoints(
    versions: pl.DataFrame, cuts: pl.DataFrame, levels: pl.DataFrame, flagged: pl.DataFrame
) -> pl.DataFrame:
    """Checkpoints at the cuts. `levels`: `level` of each instrument; `flagged`: as FLAGGED."""
    before = _sales(versions).join(cuts.select(*INSTRUMENT, "cut"), on=INSTRUMENT)
    before = before.filter(pl.col("ts") < pl.col("cut"))
    learned = before.group_by(INSTRUMENT).agg(learned=_learned().max())
    live = before.filter(pl.col("until").is_null())
    # Three flagged in a row make a level, however long ago the first two were sold.
    two = live.group_by(INSTRUMENT).agg(second=pl.col("ts").top_k(2).min())
    made = (
        cuts.join(learned, on=INSTRUMENT, how="left")
        .join(two, on=INSTRUMENT, how="left")
        .join(levels, on=INSTRUMENT, how="left")
        .with_columns(since=pl.min_horizontal(pl.col("cut") - WINDOW, "second"))
        .with_columns(
            learned_at=pl.max_horizontal("learned", "learned_at").fill_null(pl.col("since"))
        )
    )
    inside = live.join(made.select(*INSTRUMENT, "since"), on=INSTRUMENT)
    inside = inside.filter(pl.col("ts") >= pl.col("since"))
    sums = inside.group_by(INSTRUMENT).agg(
        sales=pl.len().cast(pl.Int64), cents=pl.col("price_cents").sum()
    )
    broke = flagged.join(inside, on=[*INSTRUMENT, "key"], how="semi")
    return (
        made.join(sums, on=INSTRUMENT, how="left")
        .join(_as_text(broke), on=INSTRUMENT, how="left")
        .with_columns(pl.col("sales", "cents").fill_null(0), pl.col("flagged").fill_null("[]"))
        .select(list(CHECKPOINTS))
        .sort(INSTRUMENT)
    )


def flagged_of(resumed: pl.DataFrame) -> pl.DataFrame:
    """The flagged sales of checkpoints, as FLAGGED."""
    rows = [
        (card, grade, *one)
        for card, grade, text in resumed.select(*INSTRUMENT, "flagged").iter_rows()
        for one in json.loads(text)
    ]
    return pl.DataFrame(rows, schema=FLAGGED, orient="row")


def _as_text(flagged: pl.DataFrame) -> pl.DataFrame:
    texts: dict[tuple[str, str], list[object]] = {}
    for card, grade, *one in flagged.select(list(FLAGGED)).iter_rows():
        texts.setdefault((card, grade), []).append(one)
    rows = [(*instrument, json.dumps(told)) for instrument, told in texts.items()]
    schema = {"card_id": pl.String, "grade_code": pl.String, "flagged": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sales(versions: pl.DataFrame) -> pl.DataFrame:
    told = versions.lazy().filter(subject="trade")
    return told.select(*INSTRUMENT, "key", "ts", "price_cents", "known_at", "until").collect()


def _learned() -> pl.Expr:
    return pl.max_horizontal("known_at", "until")
