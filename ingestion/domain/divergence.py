"""Finds instruments whose prices cannot all be right: two sources, or two grades, disagree."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingestion.domain.records import Schema

# Medians of the prices that each source told of an instrument within the window.
MEDIANS: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "source": pl.String,
    "prices": pl.Int64,
    "median_cents": pl.Float64,
}
# The newest close of raw and psa10 of each card and kind of series.
CLOSES: Schema = {
    "card_id": pl.String,
    "set_id": pl.String,
    "kind": pl.String,
    "grade_code": pl.String,
    "close_cents": pl.Int64,
}
# `ratio` is how far apart, `fence` from where the rule speaks up; detail is JSON.
DIVERGENCES: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "rule": pl.String,
    "ratio": pl.Float64,
    "fence": pl.Float64,
    "detail": pl.String,
}
# Who is flagged by which rule.
FLAGS: Schema = {"card_id": pl.String, "grade_code": pl.String, "rule": pl.String}
INSTRUMENT = ["card_id", "grade_code"]
LOW, HIGH = "raw", "psa10"
# Too few neighbours have no distribution; as for outliers, spread has a floor.
LEAST_NEIGHBOURS = 8
NORMAL_MAD, LEAST_SPREAD = 1.4826, 0.10
# The factor decides; this keeps out sets in which such ratios are common.
LEAST_Z = 3.0


@dataclass(frozen=True)
class DivergenceRule:
    """When prices are too far apart. Factors are ratios, above 1."""

    window_days: int
    min_prices: int  # of each source within the window
    source_factor: float
    grade_ratio_factor: float  # of psa10 over raw, against the median of the set


def divergences(medians: pl.DataFrame, closes: pl.DataFrame, rule: DivergenceRule) -> pl.DataFrame:
    """All that either rule finds, one row an instrument and rule, as DIVERGENCES."""
    return _widest(pl.concat([between_sources(medians, rule), between_grades(closes, rule)]))


def with_standing(found: pl.DataFrame, since: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """What is found, and of the flags those that the prices since they were raised bear out."""
    return _widest(pl.concat([found, since.join(flags, on=list(FLAGS), how="semi")]))


def newest_words(medians: pl.DataFrame, since: pl.DataFrame, rule: DivergenceRule) -> pl.DataFrame:
    """Of each source the median of the window, or, told too little there, of all `since`.

    A source that falls silent has taken nothing back.
    """
    enough = medians.filter(pl.col("prices") >= rule.min_prices)
    return pl.concat([enough, since.join(enough, on=[*INSTRUMENT, "source"], how="anti")])


def _widest(found: pl.DataFrame) -> pl.DataFrame:
    ordered = found.sort(*INSTRUMENT, "rule", "ratio", descending=[False, False, False, True])
    return ordered.unique([*INSTRUMENT, "rule"], keep="first", maintain_order=True)


def between_sources(medians: pl.DataFrame, rule: DivergenceRule) -> pl.DataFrame:
    """Instruments of which two sources tell medians further apart than the factor."""
    enough = medians.filter(pl.col("prices") >= rule.min_prices).sort("median_cents", "source")
    median = pl.col("median_cents")
    apart = (
        enough.group_by(INSTRUMENT, maintain_order=True)
        .agg(
            ratio=median.last() / median.first(),
            told=pl.struct("source", "prices", "median_cents"),
            sources=pl.len(),
        )
        .filter(pl.col("sources") > 1, pl.col("ratio") > rule.source_factor)
    )
    return apart.select(
        *INSTRUMENT,
        pl.lit("sources").alias("rule"),
        "ratio",
        pl.lit(rule.source_factor).alias("fence"),
        pl.struct(sources="told").struct.json_encode().alias("detail"),
    )


def between_grades(closes: pl.DataFrame, rule: DivergenceRule) -> pl.DataFrame:
    """Raw and PSA 10 of cards whose ratio is absurd beside the other cards of their set.

    Both are named: which of the two is wrong cannot be told from them.
    """
    pairs = closes.pivot(
        on="grade_code", index=["card_id", "set_id", "kind"], values="close_cents"
    ).sort("card_id", "kind")
    missing = [name for name in (LOW, HIGH) if name not in pairs.columns]
    pairs = pairs.with_columns(pl.lit(None, pl.Int64).alias(name) for name in missing)
    group = ["set_id", "kind"]
    log = pl.col("log")
    beside = (
        pairs.drop_nulls([LOW, HIGH])
        .with_columns(log=(pl.col(HIGH) / pl.col(LOW)).log())
        .with_columns(middle=log.median().over(group), neighbours=pl.len().over(group))
        .with_columns(off=log - pl.col("middle"))
        .with_columns(mad=pl.col("off").abs().median().over(group))
        .with_columns(z=pl.col("off") / pl.max_horizontal(NORMAL_MAD * pl.col("mad"), LEAST_SPREAD))
    )
    absurd = beside.filter(
        pl.col("neighbours") >= LEAST_NEIGHBOURS,
        pl.col("off").abs() > float(np.log(rule.grade_ratio_factor)),
        pl.col("z").abs() > LEAST_Z,
    )
    told = pl.struct(
        kind="kind",
        raw_cents=LOW,
        psa10_cents=HIGH,
        ratio=log.exp().round(3),
        set_median_ratio=pl.col("middle").exp().round(3),
        neighbours="neighbours",
        z=pl.col("z").round(3),
    )
    one = absurd.select(
        "card_id",
        pl.lit([LOW, HIGH]).alias("grade_code"),
        pl.lit("grade_ratio").alias("rule"),
        pl.col("off").abs().exp().alias("ratio"),
        pl.lit(rule.grade_ratio_factor).alias("fence"),
        told.struct.json_encode().alias("detail"),
    )
    return one.explode("grade_code", empty_as_null=True).select(list(DIVERGENCES))
