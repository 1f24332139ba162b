"""Turns checkpoints into where the compiled pass begins, and where it ended into new ones."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.checkpoints import FLAGGED, INSTRUMENT, flagged_of, told_before

if TYPE_CHECKING:
    from ingestion.domain.moment_pass import End, Start


def start_of(
    ordered: pl.DataFrame,
    series: pl.DataFrame,
    resumed: pl.DataFrame,
    told: pl.DataFrame,
    cuts: pl.DataFrame | None,
) -> "Start":
    """What was held of the rows in order before the first moment; nothing of a series judged whole.

    `cuts`: where the end of each is to be told; None: nowhere.
    """
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.moment_pass import NEVER, Start

    none = np.full(series.height, -1, np.int64)
    size = ordered.height
    rule, low, high = np.zeros(size, np.int8), np.zeros(size), np.zeros(size)
    again, held = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    never, nothing = np.full(series.height, NEVER, np.int64), np.zeros(series.height, np.int64)
    start = Start(rule, low, high, again, held, nothing, none, never)
    if cuts is not None:
        start = start._replace(cut=_of_sales(series, cuts, pl.col("cut"), NEVER))
    if resumed.is_empty():
        return start
    sales = series.filter(subject="trade").select("series", *INSTRUMENT)
    of = sales.join(resumed.select(*INSTRUMENT, "cut", "level"), on=INSTRUMENT).drop(INSTRUMENT)
    broke = flagged_of(resumed).join(sales, on=INSTRUMENT).drop(INSTRUMENT)
    out = _outliers(told_before(told, resumed)).join(sales, on=INSTRUMENT).drop(INSTRUMENT)
    place = pl.int_range(pl.len()).over("series")
    rows = (
        ordered.select("series", "key", "ts", place=place)
        .join(of, on="series", how="left", maintain_order="left")
        .with_columns(first=(pl.col("ts") < pl.col("cut")).fill_null(False))
        .join(broke, on=["series", "key"], how="left", maintain_order="left")
        .join(out, on=["series", "key"], how="left", maintain_order="left")
    )
    first = pl.col("first")
    flagged = first & pl.col("rule").is_not_null()
    was_out = pl.when(first).then(flagged & ~pl.col("again")).otherwise(pl.col("out"))
    seeds = rows.select(
        rule=pl.when(flagged).then("rule").fill_null(0).cast(pl.Int8),
        low=pl.when(flagged).then("low").fill_null(0.0),
        high=pl.when(flagged).then("high").fill_null(0.0),
        again=pl.when(flagged).then("again").fill_null(False),
        held=was_out.fill_null(False),
    )
    begun = (
        rows.filter("first")
        .group_by("series")
        .agg(
            first=pl.len().cast(pl.Int64),
            level=pl.col("place").filter(pl.col("key") == pl.col("level")).first(),
        )
    )
    by_series = series.select("series").join(begun, on="series", how="left", maintain_order="left")
    return start._replace(
        **{name: seeds.get_column(name).to_numpy().copy() for name in seeds.columns},
        first=by_series.get_column("first").fill_null(0).to_numpy().copy(),
        level=by_series.get_column("level").fill_null(-1).to_numpy().astype(np.int64),
    )


def nothing_left(rows: int, series: int) -> "End":
    """Room for the end of so many series."""
    from ingestion.domain.moment_pass import End

    fences = np.empty(rows), np.empty(rows)
    places, levels = np.empty(rows, np.int64), np.full(series, -1, np.int64)
    again = np.empty(rows, np.bool_)
    return End(places, np.empty(rows, np.int8), *fences, again, levels, np.zeros_like(levels))


def end_of(
    ordered: pl.DataFrame, series: pl.DataFrame, bounds: NDArray[np.int64], end: "End"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`level` of each instrument's sales, and what of these is flagged before their cut."""
    keys = ordered.get_column("key").to_numpy()
    begins = end.level >= 0
    level = np.full(series.height, -1, np.int64)
    level[begins] = keys[bounds[:-1][begins] + end.level[begins]]
    levels = series.with_columns(
        level=pl.when(pl.Series(begins)).then(pl.Series(level, dtype=pl.Int64))
    )
    number = np.repeat(np.arange(series.height), end.flagged)
    counted = np.arange(number.size) - np.repeat(np.cumsum(end.flagged) - end.flagged, end.flagged)
    written = bounds[:-1][number] + counted
    flagged = pl.DataFrame(
        {
            "series": number.astype(np.uint32),
            "key": keys[bounds[:-1][number] + end.place[written]],
            "rule": end.rule[written],
            "low": end.low[written],
            "high": end.high[written],
            "again": end.again[written],
        }
    )
    return (
        levels.filter(subject="trade").select(*INSTRUMENT, "level"),
        flagged.join(series, on="series", maintain_order="left").select(list(FLAGGED)),
    )


def _outliers(told: pl.DataFrame) -> pl.DataFrame:
    """The keys of sales that are held to be outliers by their last row."""
    last = told.unique([*INSTRUMENT, "subject_id"], keep="last", maintain_order=True)
    out = last.filter(pl.col("verdict") == "outlier")
    return out.select(*INSTRUMENT, key="subject_id", out=pl.lit(True))


def _of_sales(
    series: pl.DataFrame, told: pl.DataFrame, value: pl.Expr, default: int
) -> NDArray[np.int64]:
    """A moment of each series of sales in microseconds."""
    joined = series.join(told, on=INSTRUMENT, how="left", maintain_order="left")
    sales = pl.when(subject="trade").then(value.to_physical())
    return (
        joined.select(sales.fill_null(default).alias("value")).get_column("value").to_numpy().copy()
    )
