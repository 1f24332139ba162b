"""Bars of days on which nothing was learned later: all sales known when the day was over.

Nearly all days are of this kind. Their bars have one version and are built in one pass.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.bar_pass import DAY_US, Ints, gather, in_order
from ingestion.domain.versions import BAR_VERSIONS

SERIES = ["card_id", "grade_code", "kind"]
# Buckets, empty ones included, that a row may cost; beyond it a pass would be mostly memory.
ROOM_PER_ROW = 16


class Parted(NamedTuple):
    """Bars of plain days as BAR_VERSIONS, and the spans of all other days."""

    bars: pl.DataFrame
    others: pl.DataFrame


def is_plain() -> pl.Expr:
    """Whether a span is of a sale that was known when its day was over, and counts ever since."""
    trade = (pl.col("kind") == "trade") & pl.col("to").is_null()
    day = pl.col("ts").to_physical() // DAY_US
    known = pl.col("since").to_physical() <= (day + 1) * DAY_US
    return trade & known & (pl.col("units") == 1)


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
    # Plain spans are of one kind. Both columns are coded side by side.
    coded = spans.select(pl.col("card_id", "grade_code").cast(pl.Categorical).to_physical())
    card, grade = (_dense(column.to_numpy()) for column in coded)
    series = _dense(card * (int(grade.max()) + 1) + grade)
    ts = spans.get_column("ts").to_physical().to_numpy()
    first = int(ts.min()) // DAY_US
    days = int(ts.max()) // DAY_US - first + 1
    buckets = (int(series.max()) + 1) * days
    if buckets > max(1_000_000, ROOM_PER_ROW * spans.height):
        return None
    told, place = np.zeros((buckets, 5), np.int32), np.empty((buckets, 2), np.int64)
    key, price = (spans.get_column(name).to_numpy() for name in ("key", "price_cents"))
    gather(series, ts, key, price, first, days, told, place, in_order(ts, key))
    full = np.flatnonzero(told[:, 4])
    whose = np.empty(int(series.max()) + 1, np.int64)
    whose[series] = np.arange(series.size)
    names_of = spans.select(SERIES)[whose][full // days]
    day = pl.Series("day", (full % days + first).astype(np.int32)).cast(pl.Date)
    names = ("open_cents", "high_cents", "low_cents", "close_cents", "volume")
    figures = {name: told[full, column] for column, name in enumerate(names)}
    bars: pl.DataFrame = names_of.with_columns(
        day,
        known_at=day.dt.offset_by("1d").cast(BAR_VERSIONS["known_at"]),
        superseded_at=pl.lit(None, BAR_VERSIONS["superseded_at"]),
        **{name: pl.Series(values) for name, values in figures.items()},
    ).select(pl.col(name).cast(kind) for name, kind in BAR_VERSIONS.items())
    return bars


def _dense(codes: NDArray[np.integer]) -> Ints:
    """The same codes numbered without gaps."""
    present = np.zeros(int(codes.max()) + 1, np.int64)
    present[codes] = 1
    return np.asarray((np.cumsum(present) - 1)[codes])  # of int64, whatever the codes are
