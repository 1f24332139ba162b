"""What was said of sales: by their sources, by our screening of raw rows, and by persons. No I/O.

A statement is never changed. Two that differ in anything are two, so that what was said is a set,
and neither the order nor the number of times in which it arrives matters.
"""

from datetime import datetime, timedelta

import polars as pl

from ingestion.domain.cancelled import cancelled_of, without_status
from ingestion.domain.records import UTC_US, Schema

TOLD, CANCELLED = "told", "cancelled"  # by the source, with the content of the sale
REVOKED, REINSTATED = "revoked", "reinstated"  # by a person or our screening, of the sale as it is

# As it is believed of a sale. `told_as` is what it was read from.
CONTENT = ("ts", "card_id", "grade_code", "price_cents", "seller")

STATEMENTS: Schema = {
    "trade_id": pl.Int64,
    "action": pl.String,
    "reported_at": UTC_US,  # when it was said: of two statements of a source the later is believed
    "place": pl.Int64,  # of those reported at one time, where the source was asked several times
    "known_at": UTC_US,  # when it could be known, which of what is told first may be earlier
    "told_as": pl.Int64,
    "ts": UTC_US,
    "card_id": pl.String,
    "grade_code": pl.String,
    "price_cents": pl.Int64,
    "seller": pl.String,
    "url": pl.String,
    "meta": pl.String,  # JSON
    "actor": pl.String,
    "reason": pl.String,  # null: what anybody would say of it
}
SAID: Schema = {**STATEMENTS, "source": pl.String, "source_sale_id": pl.String}

# With another address or other meta it is the same statement.
UTTERED = [name for name in STATEMENTS if name not in ("url", "meta", "reason")]
READ_AS = ("card_id", "grade_code", "known_at", "place")
READER = "load_trades"
MOMENT = timedelta(microseconds=1)


def statements_of(records: pl.DataFrame) -> pl.DataFrame:
    """What sources say in `records` (RECORDS), as SAID, each statement once."""
    gone = cancelled_of(records).select("record_id", "reported_at").unique()
    marked = records.with_columns(action=pl.lit(TOLD))
    if gone.height:
        report = ["record_id", "reported_at"]
        cancelled = without_status(records.join(gone, on=report, how="semi"))
        standing = marked.join(gone, on=report, how="anti")
        marked = pl.concat([standing, cancelled.with_columns(action=pl.lit(CANCELLED))])
    said = marked.rename({"record_id": "trade_id"}).select(
        pl.lit(None, kind).alias(name)
        if name == "reason"
        else pl.lit(0, kind).alias(name)
        if name == "place"
        else pl.col("source").alias(name)
        if name == "actor"
        else pl.col(name)
        for name, kind in SAID.items()
    )
    repeated = pl.col("trade_id").is_duplicated()
    several = said.filter(repeated).sort(list(SAID)).unique(UTTERED, keep="last")
    return pl.concat([said.filter(~repeated), several])


def turns(sales: pl.DataFrame, action: str, actor: str) -> pl.DataFrame:
    """That `actor` revokes or reinstates sales (trade_id, known_at, reason), as SAID."""
    said = sales.with_columns(
        action=pl.lit(action),
        actor=pl.lit(actor),
        reported_at="known_at",
        place=pl.lit(0, pl.Int64),
    )
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in SAID.items() if name not in said.columns
    ]
    return said.with_columns(missing).select(list(SAID))


def news(stored: pl.DataFrame, said: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Those of `said` (SAID) that `stored`, all statements of these sales, does not hold.

    The same words that we read as another card are news of `now`: nobody read them so before. A
    source that does not date what it says is believed in the order of asking; what it says again
    stands again.
    """
    report = ["trade_id", "reported_at"]
    words = [*report, "action", "told_as", "ts", "price_cents", "seller"]
    top = stored.group_by(report).agg(top=pl.col("place").max())
    newest = stored.sort("place", "known_at").unique(words, keep="last", maintain_order=True)
    before = newest.select(*words, *(pl.col(name).alias(f"{name}_was") for name in READ_AS))
    met = said.join(top, on=report, how="left").join(before, on=words, how="left", nulls_equal=True)
    told = pl.col("place_was").is_not_null()
    by_source = pl.col("action").is_in([TOLD, CANCELLED])
    turn = by_source & (pl.col("known_at") < pl.col("reported_at"))
    returned = turn & (pl.col("place_was") < pl.col("top"))
    reading = [pl.col(name).eq_missing(pl.col(f"{name}_was")) for name in ("card_id", "grade_code")]
    same = told & pl.all_horizontal(*reading, ~returned)
    after = pl.max_horizontal("known_at", pl.lit(now), pl.col("known_at_was") + MOMENT)
    read_anew = told & ~pl.all_horizontal(reading) & (pl.col("actor") == pl.col("source"))
    return (
        met.filter(~same.fill_null(value=False))
        .with_columns(
            known_at=pl.when(read_anew).then(after).otherwise("known_at"),
            actor=pl.when(read_anew).then(pl.lit(READER)).otherwise("actor"),
            place=pl.when(turn & (~told | returned)).then(pl.col("top") + 1)
            .otherwise(pl.col("place_was")).fill_null(0),
        )
        .select(list(SAID))
    )  # fmt: skip
