"""What is believed of sales, from when until when: a function of the set of what was said of them.

So no order of arrival and no repetition can matter. No I/O.
"""

from dataclasses import dataclass

import polars as pl

from ingestion.domain.records import UTC_US, Schema
from ingestion.domain.statements import CANCELLED, CONTENT, REINSTATED, STATEMENTS, TOLD

# Why a belief changed: `what` is told, corrected, remapped, revoked or reinstated.
BELIEFS: Schema = {
    "trade_id": pl.Int64,
    "at": UTC_US,
    "stands": pl.Boolean,
    "told_as": pl.Int64,
    **{name: STATEMENTS[name] for name in CONTENT},
    "what": pl.String,
    "actor": pl.String,
    "reason": pl.String,
}

# One stretch in which a sale stood with one content. `present`: it is what market.trades shows.
# `before_cents` and `after_cents`: the price that stood right before and right after it, if any.
SALE_VERSIONS: Schema = {
    "trade_id": pl.Int64,
    "number": pl.Int64,
    "present": pl.Boolean,
    **{name: STATEMENTS[name] for name in CONTENT},
    "known_at": UTC_US,
    "until": UTC_US,
    "began": pl.String,
    "began_by": pl.String,
    "began_why": pl.String,
    "before_cents": pl.Int64,
    "ended": pl.String,
    "ended_by": pl.String,
    "ended_why": pl.String,
    "after_cents": pl.Int64,
}

# What market.trades shows of a sale. One that is revoked has an `until`.
PRESENT: Schema = {
    "trade_id": pl.Int64,
    **{name: STATEMENTS[name] for name in CONTENT},
    "known_at": UTC_US,
    "until": UTC_US,
}

USUAL = {
    "told": "a sale was reported",
    "corrected": "the source reported the sale with other content",
    "remapped": "the source's words are read in another way",
    "revoked": "the source cancelled the sale",
    "reinstated": "the source told the sale as standing again",
}

# After the moments the order only has to be the same whatever the order of arrival.
WORD_ORDER = ("reported_at", "place", "known_at", "gone", "told_as", *CONTENT)
REPORT = ("trade_id", "reported_at", "asked", "gone", "told_as", "ts", "price_cents", "seller")


@dataclass(frozen=True)
class Changes:
    """How many sales changed in which way, and the days of all that is believed otherwise."""

    touched: pl.DataFrame  # card_id, grade_code, day
    corrected: int
    known_earlier: int
    revoked: int
    reinstated: int


def beliefs(statements: pl.DataFrame) -> pl.DataFrame:
    """Each moment at which something else began to be believed of a sale, as BELIEFS.

    Of what a source has told, the word reported last counts, as soon as it is known. Whether a sale
    stands is what was said last by anybody: by the source where it cancels, or tells a cancelled
    sale again. `statements` as STATEMENTS, all of each sale.
    """
    by_source = pl.col("action").is_in([TOLD, CANCELLED])
    words = _believed_words(statements)
    said = statements.filter(~by_source).select(
        "trade_id",
        "actor",
        pl.col("reason").fill_null("no reason was given"),
        at="known_at",
        stands=pl.col("action") == REINSTATED,
    )
    points = pl.concat([words, said], how="diagonal").sort(
        # Of a moment the turn comes after the words.
        "trade_id", "at", pl.col("ts").is_null(), "stands", "actor", "reason"
    )  # fmt: skip
    return _changes_only(_at_each_moment(points))


def versions(believed: pl.DataFrame) -> pl.DataFrame:
    """The stretches in which sales stood, as SALE_VERSIONS; `believed` as BELIEFS."""
    of_sale = "trade_id"
    stood = pl.when("stands").then("price_cents")
    last, last_but_one = (pl.col("at").shift(-n).over(of_sale).is_null() for n in (1, 2))
    told = believed.with_columns(
        number=pl.int_range(1, pl.len() + 1).over(of_sale),
        present=last | (last_but_one & _same_content(-1)),
        known_at="at",
        until=pl.col("at").shift(-1).over(of_sale),
        began="what",
        began_by="actor",
        began_why="reason",
        before_cents=stood.shift(1).over(of_sale),
        ended=pl.col("what").shift(-1).over(of_sale),
        ended_by=pl.col("actor").shift(-1).over(of_sale),
        ended_why=pl.col("reason").shift(-1).over(of_sale),
        after_cents=stood.shift(-1).over(of_sale),
    )
    return told.filter("stands").select(list(SALE_VERSIONS))


def present(believed: pl.DataFrame) -> pl.DataFrame:
    """What is believed of each sale now, as PRESENT; `believed` as BELIEFS."""
    of_sale = "trade_id"
    held = pl.col("stands").shift(1).over(of_sale).fill_null(value=False) & _same_content(1)
    stands_later = pl.col("stands").cast(pl.Int64).cum_sum(reverse=True).over(of_sale) > 0
    gone = pl.when(~stands_later).then("at").min().over(of_sale)
    since = pl.when("stands").then("at").when(held).then(pl.col("at").shift(1).over(of_sale))
    return (
        believed.with_columns(
            known_at=since.otherwise("at"), until=pl.when(~pl.col("stands")).then(gone)
        )
        .unique(of_sale, keep="last", maintain_order=True)
        .select(list(PRESENT))
    )


def present_words(statements: pl.DataFrame) -> pl.DataFrame:
    """Of each sale the first report of the content that its source told last; all columns of
    `statements` (STATEMENTS and any more)."""
    newest = [pl.col(name).ne_missing(pl.col(name).last()) for name in CONTENT]
    others = pl.any_horizontal(newest).cast(pl.Int64).cum_sum(reverse=True).over("trade_id")
    return (
        _in_order(statements)
        .with_columns(others=others)
        .filter(pl.col("others") == 0)
        .unique("trade_id", keep="first", maintain_order=True)
        .drop("others", "gone")
    )


def changes(old: pl.DataFrame, new: pl.DataFrame) -> Changes:
    """What became otherwise between two BELIEFS of the same sales, or of more in the second."""
    were = _contents(old).rename({"contents": "were"})
    others = _contents(new).join(were, on="trade_id").filter(pl.col("contents") != pl.col("were"))
    turned = {
        what: _moments(new, what).join(_moments(old, what), on=["trade_id", "at"], how="anti")
        for what in ("revoked", "reinstated")
    }
    since = _since(new).join(_since(old).rename({"at": "was"}), on="trade_id")
    earlier = since.filter(pl.col("at") < pl.col("was"))
    for told in (others, *turned.values()):
        earlier = earlier.join(told, on="trade_id", how="anti")
    return Changes(
        touched_days(old, new),
        corrected=others.height,
        known_earlier=earlier.height,
        revoked=turned["revoked"].height,
        reinstated=turned["reinstated"].height,
    )


def touched_days(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Days on which the two say other things of any moment: card_id, grade_code, day."""
    key = ["trade_id", *CONTENT, "known_at", "until"]
    one, other = (versions(believed).select(key) for believed in (old, new))
    moved = [
        a.join(b, on=key, how="anti", nulls_equal=True) for a, b in ((one, other), (other, one))
    ]
    return pl.concat(moved).select("card_id", "grade_code", day=pl.col("ts").dt.date()).unique()


def _in_order(statements: pl.DataFrame) -> pl.DataFrame:
    """What sources told, the newest last; `gone` where they cancelled."""
    words = statements.filter(pl.col("action").is_in([TOLD, CANCELLED]))
    return words.with_columns(gone=pl.col("action") == CANCELLED).sort("trade_id", *WORD_ORDER)


def _believed_words(statements: pl.DataFrame) -> pl.DataFrame:
    """The words of sources that were ever believed, from when, and whether they say it stands."""
    # What a source tells first is known when such sales are, whenever it was reported.
    known = (
        _in_order(statements)
        .with_columns(
            asked="place",
            place=pl.int_range(pl.len()).over("trade_id"),
            others=_other_than_the_first().cast(pl.Int64).cum_sum().over("trade_id"),
            both=pl.max_horizontal("known_at", "reported_at"),
        )
        .with_columns(since=pl.when(pl.col("others") == 0).then("known_at").otherwise("both"))
    )
    newest = pl.col("place") == pl.col("place").cum_max().over("trade_id")
    counted = (
        known.sort("trade_id", "since", "place")
        .filter(newest)
        .unique(["trade_id", "since"], keep="last", maintain_order=True)
        .with_columns(gone_by_then=pl.col("gone").cast(pl.Int64).cum_sum().over("trade_id"))
    )
    # A sale told again says that it stands only where it was cancelled; a report that is read anew
    # says nothing of that any more.
    first_reading = pl.int_range(pl.len()).over(REPORT) == 0
    says = pl.when((pl.col("gone_by_then") > 0) & first_reading).then(~pl.col("gone"))
    content = ("told_as", *CONTENT, "actor", "reason")
    return counted.select("trade_id", *content, at="since", stands=says)


def _at_each_moment(points: pl.DataFrame) -> pl.DataFrame:
    """What is believed after each point: the newest content, and the newest word that it stands."""
    row = pl.when(pl.col("ts").is_not_null()).then("row")
    filled = points.with_row_index("row").with_columns(
        words=row.forward_fill().over("trade_id"),
        stands=pl.col("stands").forward_fill().over("trade_id"),
    )
    # A turn from before the sale was known counts from then on.
    told = filled.filter(pl.col("words").is_not_null())
    content = points.select("told_as", *CONTENT)[told.get_column("words")]
    return (
        told.drop("told_as", *CONTENT, "row", "words")
        .hstack(content)
        .with_columns(pl.col("stands").fill_null(value=True))
        .unique(["trade_id", "at"], keep="last", maintain_order=True)
    )


def _changes_only(points: pl.DataFrame) -> pl.DataFrame:
    of_sale = "trade_id"
    first = pl.int_range(pl.len()).over(of_sale) == 0
    stood = pl.col("stands").shift(1).over(of_sale)
    kept = points.filter(first | ~_same_content(1) | (pl.col("stands") != stood))
    same_words = pl.col("told_as") == pl.col("told_as").shift(1).over(of_sale)
    reading = [
        pl.col(name).eq_missing(pl.col(name).shift(1).over(of_sale))
        for name in ("ts", "price_cents", "seller")
    ]
    what = (
        pl.when(~pl.col("stands") & (first | stood)).then(pl.lit("revoked"))
        .when(first).then(pl.lit("told"))
        .when(pl.col("stands") & ~stood).then(pl.lit("reinstated"))
        .when(pl.all_horizontal(same_words, *reading)).then(pl.lit("remapped"))
        .otherwise(pl.lit("corrected"))
    )  # fmt: skip
    told = kept.with_columns(what=what)
    usual = pl.col("what").replace_strict(USUAL, return_dtype=pl.String)
    return told.with_columns(reason=pl.coalesce("reason", usual)).select(list(BELIEFS))


def _other_than_the_first() -> pl.Expr:
    first = [pl.col(name).ne_missing(pl.col(name).first()) for name in CONTENT]
    return pl.any_horizontal("gone", *first)


def _same_content(ahead: int) -> pl.Expr:
    return pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift(ahead).over("trade_id")) for name in CONTENT
    )


def _contents(believed: pl.DataFrame) -> pl.DataFrame:
    """The contents of each sale, one after another."""
    first = pl.int_range(pl.len()).over("trade_id") == 0
    kept = believed.filter(first | ~_same_content(1))
    return kept.group_by("trade_id").agg(contents=pl.struct(CONTENT))


def _moments(believed: pl.DataFrame, what: str) -> pl.DataFrame:
    return believed.filter(pl.col("what") == what).select("trade_id", "at")


def _since(believed: pl.DataFrame) -> pl.DataFrame:
    return believed.group_by("trade_id").agg(pl.col("at").min())
