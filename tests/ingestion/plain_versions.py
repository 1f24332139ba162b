"""Versions of bars the plain way: a day is put together anew at every moment. The reference."""

import polars as pl

from ingestion.domain.versions import BAR_KEY, BAR_VERSIONS

GROUP = list(BAR_KEY)
BAR = ["open_cents", "high_cents", "low_cents", "close_cents", "volume"]


def versions_by_moment(spans: pl.DataFrame) -> pl.DataFrame:
    """Of spans as `kept_spans` gives them, all versions of the bars, as BAR_VERSIONS."""
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
