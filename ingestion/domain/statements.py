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
REPORT = ["trade_id", "reported_at"]
WORDS = [*REPORT, "action", "told_as", "ts", "price_cents", "seller"]
READING = ("card_id", "grade_code")
# Which card words mean depends on when the sale was: a product may be another one from a day on.
READ_FROM = ["trade_id", "told_as", "ts"]
READ_AS = (*READING, "known_at")
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

    A source that does not date what it says is believed in the order of asking; what it says again
    stands again. Words that are read as another card than before are read so wherever the source
    said them of the sale; where it is we who read, that is known now.
    """
    by_source = pl.col("action").is_in([TOLD, CANCELLED])
    stored_words = stored.filter(by_source).sort("place", "known_at")
    met = _as_read_now(stored_words, said, now)
    top = stored_words.group_by(REPORT).agg(top=pl.col("place").max())
    before = stored_words.unique(WORDS, keep="last", maintain_order=True).select(
        *WORDS, *(pl.col(name).alias(f"{name}_before") for name in (*READING, "place"))
    )
    met = met.join(top, on=REPORT, how="left").join(before, on=WORDS, how="left", nulls_equal=True)
    told = pl.col("place_before").is_not_null()
    # What a source does not date is taken to be reported when the run's day is over.
    day_over = pl.col("reported_at") == pl.col("reported_at").dt.truncate("1d")
    undated = by_source & day_over
    returned = undated & (pl.col("place_before") < pl.col("top"))
    same = [pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in READING]
    place = pl.when(undated & (~told | returned)).then(pl.col("top") + 1).otherwise("place_before")
    fresh = met.filter(~pl.all_horizontal(told, ~returned, *same)).with_columns(
        place=place.fill_null(0)
    )
    everywhere = pl.concat([fresh.select(list(SAID)), _read_anew(stored_words, met)])
    return everywhere.unique(UTTERED, keep="first", maintain_order=True)


def _as_read_now(stored: pl.DataFrame, said: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """`said`; `anew` where its words were read as another card before, and known after that."""
    ordered = stored.sort("known_at", "reported_at", "place", *READING, maintain_order=True)
    last = ordered.unique(READ_FROM, keep="last", maintain_order=True)
    was = last.select(*READ_FROM, *(pl.col(name).alias(f"{name}_was") for name in READ_AS))
    met = said.join(was, on=READ_FROM, how="left")
    same = [pl.col(name) == pl.col(f"{name}_was") for name in READING]
    anew = pl.col("known_at_was").is_not_null() & ~pl.all_horizontal(same)
    ours = anew & (pl.col("actor") == pl.col("source"))
    read_at = pl.max_horizontal(
        "known_at", pl.col("known_at_was") + MOMENT, pl.when(ours).then(pl.lit(now))
    )
    return met.with_columns(
        anew=anew.fill_null(value=False),
        known_at=pl.when(anew).then(read_at).otherwise("known_at"),
        actor=pl.when(ours).then(pl.lit(READER)).otherwise("actor"),
    )


def _read_anew(stored: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """All that a source said of these sales in words that are read in another way now, as SAID."""
    reading = [*READING, "known_at", "meta", "actor", "reason", "source", "source_sale_id"]
    read = met.filter("anew").select(*READ_FROM, *reading).unique(READ_FROM, maintain_order=True)
    once = stored.unique(WORDS, keep="last", maintain_order=True).drop(reading[:-2])
    return once.join(read, on=READ_FROM).select(list(SAID))
