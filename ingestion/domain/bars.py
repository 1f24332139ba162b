"""Daily bars from prices, as a function of knowledge: every version a bar ever had."""

import polars as pl

from ingestion.domain.records import UTC_US
from ingestion.domain.versions import BAR_KEY, BAR_VERSIONS

GROUP = list(BAR_KEY)
BAR = ["open_cents", "high_cents", "low_cents", "close_cents", "volume"]


def kept_spans(versions: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """When each version counted: VERSIONS with `since` and `to` (null: still), kept times only.

    `verdicts` as VERDICTS in the order of knowledge.
    """
    subject = ["subject", "key", "card_id", "grade_code"]
    if verdicts.is_empty():
        return versions.with_columns(since="known_at", to="until").filter(
            pl.col("to").is_null() | (pl.col("since") < pl.col("to"))
        )
    last = verdicts.rename({"subject_id": "key"}).unique(
        [*subject, "known_at"], keep="last", maintain_order=True
    )
    held = (
        last.sort([*subject, "known_at"])
        .select(*subject, "known_at", out=pl.col("verdict").is_in(["outlier", "rejected"]))
        .with_columns(next=pl.col("known_at").shift(-1).over(subject))
    )
    # Few prices are ever judged: a look at the key alone settles most.
    maybe = versions.get_column("key").is_in(held.get_column("key").unique().implode())
    some = versions.filter(maybe)
    judged = some.join(held.select(subject).unique(), on=subject, how="semi")
    never = pl.concat(
        [
            versions.filter(~maybe),
            some.join(held.select(subject).unique(), on=subject, how="anti"),
        ]
    )
    # Kept before the first verdict, and from each verdict that keeps to the one after it.
    first = (
        held.group_by(subject)
        .agg(next=pl.col("known_at").min())
        .with_columns(known_at=pl.lit(None, UTC_US))
    )
    kept = pl.concat(
        [
            first.select(*subject, verdict_from="known_at", verdict_to="next"),
            held.filter(~pl.col("out")).select(
                *subject, verdict_from="known_at", verdict_to="next"
            ),
        ]
    )
    spans = judged.join(kept, on=subject).with_columns(
        since=pl.max_horizontal("known_at", "verdict_from"),
        to=pl.min_horizontal("until", "verdict_to"),
    )
    whole = never.with_columns(since="known_at", to="until")
    columns = [*versions.columns, "since", "to"]
    both = pl.concat([whole.select(columns), spans.select(columns)])
    return both.filter(pl.col("to").is_null() | (pl.col("since") < pl.col("to")))


def bar_versions(spans: pl.DataFrame) -> pl.DataFrame:
    """All versions of the bars of the spans' days, as BAR_VERSIONS.

    A version is known from the moment its last change was known, at the earliest when its day is
    over (a quote or a source's own bar: when it is known); `superseded_at` is the next moment at
    which the bar was another one or none.
    """
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.plain_bars import plain_bars

    bars, others = plain_bars(spans)
    return pl.concat([bars, versions_by_moment(others)]) if others.height else bars


def versions_by_moment(spans: pl.DataFrame) -> pl.DataFrame:
    """Of any days, by every moment at which something was learned."""
    rows = _effective(spans)
    moments = pl.concat(
        [rows.select(*GROUP, at="since"), rows.drop_nulls("to").select(*GROUP, at="to")]
    ).unique()
    single = moments.filter(~moments.select(GROUP).is_duplicated()).select(GROUP)
    # Most days have one version: everything in the day was known when the day was over.
    plain = rows.join(single, on=GROUP, how="semi").with_columns(at="since")
    several = rows.join(single, on=GROUP, how="anti").join(
        moments.join(single, on=GROUP, how="anti"), on=GROUP
    )
    live = (pl.col("since") <= pl.col("at")) & (
        pl.col("to").is_null() | (pl.col("at") < pl.col("to"))
    )
    built = pl.concat([_bars(plain), _bars(several.filter(live))])
    gaps = moments.join(built, on=[*GROUP, "at"], how="anti")
    return _collapse(pl.concat([built, gaps], how="diagonal"))


def _effective(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans on the bars' clock: nothing of a trading day counts before the day is over."""
    day_over = pl.col("ts").dt.truncate("1d").dt.offset_by("1d")
    trade = pl.col("kind") == "trade"
    rows = spans.with_columns(
        day=pl.col("ts").dt.date(),
        since=pl.when(trade).then(pl.max_horizontal("since", day_over)).otherwise("since"),
        to=pl.when(trade & pl.col("to").is_not_null())
        .then(pl.max_horizontal("to", day_over))
        .otherwise("to"),
    )
    return rows.filter(pl.col("to").is_null() | (pl.col("since") < pl.col("to")))


def _bars(rows: pl.DataFrame) -> pl.DataFrame:
    """One bar a group and moment. A source's own figure opens and closes at its average."""
    price = pl.col("price_cents")
    return (
        rows.sort(*GROUP, "ts", "key")
        .group_by(*GROUP, "at", maintain_order=True)
        .agg(
            open_cents=price.first(),
            high_cents=pl.coalesce("high_cents", "price_cents").max(),
            low_cents=pl.coalesce("low_cents", "price_cents").min(),
            close_cents=price.last(),
            volume=pl.col("units").sum(),
        )
    )


def _collapse(built: pl.DataFrame) -> pl.DataFrame:
    """Neighbouring moments of one bar are one version; moments without a bar end the one before."""
    ordered = built.sort(*GROUP, "at")
    before = [pl.col(name).shift(1).over(GROUP) for name in BAR]
    same = pl.all_horizontal(
        pl.col(name).eq_missing(then) for name, then in zip(BAR, before, strict=True)
    )
    first = pl.int_range(pl.len()).over(GROUP) == 0
    changes = ordered.filter(first | ~same)
    versions = changes.with_columns(superseded_at=pl.col("at").shift(-1).over(GROUP))
    return (
        versions.filter(pl.col("close_cents").is_not_null())
        .rename({"at": "known_at"})
        .select(pl.col(name).cast(kind) for name, kind in BAR_VERSIONS.items())
    )
