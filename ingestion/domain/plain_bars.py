"""Bars of days on which nothing was learned later: all sales known when the day was over.

Nearly all days are of this kind. Their bars have one version and are built in one pass.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.bar_pass import (
    DAY_US,
    gather,
    gather_in_order,
    harvest,
    in_order,
    number_series,
)
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
        dated = spans.select(*SERIES, day=pl.col("ts").dt.date())
        touched = dated.filter(~plain).unique().with_columns(touched=True)
        # One look at the names: two joins would carry all columns of all rows along.
        met = dated.join(touched, on=day, how="left", maintain_order="left")
        among = met.get_column("touched").is_not_null()
        others, spans = spans.filter(among), spans.filter(~among)
    if spans.is_empty():
        return none
    bars = _bars(spans)
    return none if bars is None else Parted(bars, others)


def _bars(spans: pl.DataFrame) -> pl.DataFrame | None:
    """None where the days lie too far apart for buckets."""
    ts, key = (spans.get_column(name).to_physical().to_numpy() for name in ("ts", "key"))
    if not in_order(ts, key):
        return _one_pass(spans, ordered=False)
    # In order they are cut where a day begins: no bar is in both parts, and each has a core.
    cut = int(np.searchsorted(ts, ts[ts.size // 2] // DAY_US * DAY_US))
    halves = [half for half in (spans[:cut], spans[cut:]) if half.height]
    with ThreadPoolExecutor(len(halves)) as pool:
        built = list(pool.map(partial(_one_pass, ordered=True), halves))
    bars = [half for half in built if half is not None]
    return pl.concat(bars) if len(bars) == len(halves) else None


def _one_pass(spans: pl.DataFrame, *, ordered: bool) -> pl.DataFrame | None:
    """`ordered`: by (ts, key). None where the days lie too far apart for buckets."""
    coded = spans.select(
        # The categories of one column alone number its names without gaps.
        pl.col(name).cast(pl.Categorical(pl.Categories.random())).to_physical()
        for name in ("card_id", "grade_code")
    )
    card, grade = (column.to_numpy() for column in coded)
    grid = np.full((int(card.max()) + 1, int(grade.max()) + 1), -1, np.int32)
    whose = np.empty(min(grid.size, spans.height), np.int64)
    series = number_series(card, grade, grid, whose)
    ts, key, price = (
        spans.get_column(name).to_physical().to_numpy() for name in ("ts", "key", "price_cents")
    )
    first_day = int(ts.min()) // DAY_US
    days = int(ts.max()) // DAY_US - first_day + 1
    if series * days > max(1_000_000, ROOM_PER_ROW * spans.height):
        return None
    told = np.zeros((series * days, 5), np.int32)
    if ordered:
        gather_in_order(card, grade, grid, ts, price, first_day, days, told)
    else:
        place = np.empty((series * days, 2), np.int64)
        gather(card, grade, grid, ts, key, price, first_day, days, told, place)
    # Plain spans are of one kind, so that one row of a series tells it.
    return _harvested(told, days, first_day, spans.select(SERIES)[whose[:series]])


def _harvested(
    told: NDArray[np.int32], days: int, first_day: int, names: pl.DataFrame
) -> pl.DataFrame:
    """The full buckets as BAR_VERSIONS; `names` of each series as SERIES."""
    most = told.shape[0]
    series, day = np.empty(most, np.int64), np.empty(most, np.int64)
    figures = np.empty((5, most), np.int64)
    count = harvest(told, days, first_day, series, day, figures)
    columns = ("open_cents", "high_cents", "low_cents", "close_cents", "volume")
    bars: pl.DataFrame = (
        names[series[:count]]
        .with_columns(
            pl.Series("day", day[:count].astype(np.int32)).cast(pl.Date),
            pl.Series("known_at", (day[:count] + 1) * DAY_US).cast(BAR_VERSIONS["known_at"]),
            superseded_at=pl.lit(None, BAR_VERSIONS["superseded_at"]),
            **{name: pl.Series(figures[at, :count]) for at, name in enumerate(columns)},
        )
        .select(pl.col(name).cast(kind) for name, kind in BAR_VERSIONS.items())
    )
    return bars
