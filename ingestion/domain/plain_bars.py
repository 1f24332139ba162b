"""Bars of days on which nothing was learned later: all sales known when the day was over.

Nearly all days are of this kind. Their bars have one version and are built in one pass.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from ingestion.domain.bar_pass import Ints, gather
from ingestion.domain.versions import BAR_VERSIONS

SERIES = ["card_id", "grade_code", "kind"]
# Buckets, empty ones included, that a row may cost; beyond it a pass would be mostly memory.
ROOM_PER_ROW = 16
DAY_OVER = pl.col("ts").dt.truncate("1d").dt.offset_by("1d")


class Parted(NamedTuple):
    """Bars of plain days as BAR_VERSIONS, and the spans of all other days."""

    bars: pl.DataFrame
    others: pl.DataFrame


def is_plain() -> pl.Expr:
    """Whether a span is of a sale that was known when its day was over, and counts ever since."""
    trade = (pl.col("kind") == "trade") & pl.col("to").is_null()
    return trade & (pl.col("since") <= DAY_OVER) & (pl.col("units") == 1)


def plain_bars(spans: pl.DataFrame) -> Parted:
    """Build the bars of all days that have only plain spans."""
    none = Parted(pl.DataFrame(schema=BAR_VERSIONS), spans)
    plain = spans.select(is_plain()).to_series()
    if not plain.any():
        return none
    others = spans.filter(~plain)
    if others.height:
        # A day with one span of another kind is no plain day.
        day = [*SERIES, "day"]
        dated = spans.with_columns(day=pl.col("ts").dt.date())
        touched = dated.filter(~plain).select(day).unique()
        others = dated.join(touched, on=day, how="semi").drop("day")
        spans = dated.join(touched, on=day, how="anti").drop("day")
    if spans.is_empty():
        return none
    bars = _bars(spans)
    return none if bars is None else Parted(bars, others)


def _bars(spans: pl.DataFrame) -> pl.DataFrame | None:
    """None where the days lie too far apart for buckets."""
    series = _dense(np.zeros(spans.height, np.int64))
    for name in SERIES:
        codes = spans.get_column(name).cast(pl.Categorical).to_physical().to_numpy()
        numbers = _dense(codes.astype(np.int64))
        series = _dense(series * (int(numbers.max()) + 1) + numbers)
    ts = spans.get_column("ts").to_physical().to_numpy()
    first = int(ts.min()) // 86_400_000_000
    days = int(ts.max()) // 86_400_000_000 - first + 1
    buckets = (int(series.max()) + 1) * days
    if buckets > max(1_000_000, ROOM_PER_ROW * spans.height):
        return None
    told, place = np.zeros((buckets, 5), np.int64), np.empty((buckets, 2), np.int64)
    key, price = (spans.get_column(name).to_numpy() for name in ("key", "price_cents"))
    gather(series, ts, key, price, first, days, told, place)
    full = np.flatnonzero(told[:, 4])
    names = ("open_cents", "high_cents", "low_cents", "close_cents", "volume")
    figures = {name: told[full, column] for column, name in enumerate(names)}
    # The sale that opened the day tells whose it is.
    whose = spans[place[full, 0]].select(*SERIES, day=pl.col("ts").dt.date(), known_at=DAY_OVER)
    bars: pl.DataFrame = whose.with_columns(
        superseded_at=pl.lit(None, BAR_VERSIONS["superseded_at"]),
        **{name: pl.Series(values) for name, values in figures.items()},
    ).select(list(BAR_VERSIONS))
    return bars


def _dense(codes: Ints) -> Ints:
    """The same codes numbered without gaps."""
    present = np.zeros(int(codes.max()) + 1, np.int64)
    present[codes] = 1
    return np.asarray((np.cumsum(present) - 1)[codes])
