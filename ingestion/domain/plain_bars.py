"""Bars of plain sales: known when their day was over, never judged, never another one.

Nearly all sales are plain. They are gathered in one pass by series and day, and a day that has
nothing else has one version of its bar.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.bar_pass import (
    DAY_US,
    gather,
    harvest,
    mark_keys,
    untell_learned,
)
from ingestion.domain.name_numbers import numbered_names
from ingestion.domain.series_pass import number_series
from ingestion.domain.versions import BAR_VERSIONS
from kernel.series import KINDS

Ints = NDArray[np.int64]

# Buckets, empty ones included, that a row may cost; beyond it a pass would be mostly memory.
ROOM_PER_ROW = 16
FEWEST_BUCKETS = 1_000_000
BITS_PER_KEY = 32
FIGURES = ("open_cents", "high_cents", "low_cents", "close_cents", "volume")


class Days(NamedTuple):
    """The plain sales by bucket: the number of a series x `days` + day since `first_day`.

    `told` and `place` as `gather` fills them, without rows where nothing is plain or the days lie
    too far apart; `names`: card and grade of each series; `plain` marks the gathered rows, whose
    columns `ts` and `key` are.
    """

    told: NDArray[np.int32]
    place: Ints
    first_day: int
    days: int
    series: NDArray[np.int32]
    names: pl.DataFrame
    plain: NDArray[np.bool_]
    ts: Ints
    key: Ints


def standing(versions: pl.DataFrame) -> pl.Series:
    """Whether each version is of one sale, and is believed."""
    told = (pl.col("kind") == "trade") & pl.col("until").is_null() & (pl.col("units") == 1)
    return versions.select(told).to_series()


def judged_bits(verdicts: pl.DataFrame) -> NDArray[np.uint64]:
    """Bits by key, set of whatever was judged; some others are too."""
    (keys,) = ints(verdicts, "subject_id")
    bits = np.zeros(max(1, 1 << (keys.size * BITS_PER_KEY // 64).bit_length()), np.uint64)
    mark_keys(keys, bits)
    return bits


def plain_rows(versions: pl.DataFrame, verdicts: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether each version is of a plain sale. Some that were never judged may be missing."""
    plain = standing(versions).to_numpy(writable=True)
    ts, known, key = ints(versions, "ts", "known_at", "key")
    untell_learned(ts, known, key, judged_bits(verdicts), plain)
    return plain


def gathered(versions: pl.DataFrame, plain: NDArray[np.bool_]) -> Days:
    """The plain versions by bucket."""
    series, names = _numbered(versions)
    ts, key, price = ints(versions, "ts", "key", "price_cents")
    first_day = int(ts.min()) // DAY_US
    days = int(ts.max()) // DAY_US - first_day + 1
    buckets = names.height * days
    if not plain.any() or buckets > max(FEWEST_BUCKETS, ROOM_PER_ROW * versions.height):
        buckets, plain = 0, np.zeros_like(plain)
    told = np.zeros((buckets, 5), np.int32)
    place = np.empty((buckets, 2), np.int64)
    if buckets:
        gather(series, plain, ts, key, price, first_day, days, told, place)
    return Days(told, place, first_day, days, series, names, plain, ts, key)


def _numbered(versions: pl.DataFrame) -> tuple[NDArray[np.int32], pl.DataFrame]:
    """The number of each row's series, and card and grade of each number."""
    card, cards = numbered_names(versions.get_column("card_id"))
    grade, grades = numbered_names(versions.get_column("grade_code"))
    grid = np.full((len(cards), len(grades)), -1, np.int32)
    whose = np.empty(min(grid.size, versions.height), np.int64)
    series = np.empty(versions.height, np.int32)
    count = number_series(card, grade, grid, whose, series)
    return series, versions.select("card_id", "grade_code")[whose[:count]]


def grouped(few: pl.DataFrame, days: Days) -> pl.DataFrame:
    """What is not plain, with its `group`: the number of its bucket x kinds + that of its kind."""
    day = few.get_column("ts").to_physical() // DAY_US - days.first_day
    kind = few.get_column("kind").replace_strict(
        dict(zip(KINDS, range(len(KINDS)), strict=True)), return_dtype=pl.Int64
    )
    bucket = pl.Series(days.series[~days.plain].astype(np.int64)) * days.days + day
    return few.with_columns(group=bucket * len(KINDS) + kind)


def harvested(days: Days) -> pl.DataFrame:
    """The full buckets as BAR_VERSIONS."""
    most = days.told.shape[0]
    bucket, figures = np.empty(most, np.int64), np.empty((len(FIGURES), most), np.int64)
    count = harvest(days.told, bucket, figures)
    known = pl.Series((bucket[:count] % days.days + days.first_day + 1) * DAY_US)
    return as_versions(days, bucket[:count] * len(KINDS), known, None, figures[:, :count])


def as_versions(
    days: Days, group: Ints, known: pl.Series, until: pl.Series | None, figures: Ints
) -> pl.DataFrame:
    """Bars as BAR_VERSIONS; `until` None: all stand."""
    bucket, kind = np.divmod(group, len(KINDS))
    series, day = np.divmod(bucket, days.days)
    kinds = pl.lit(KINDS[0])
    if kind.any():
        names = dict(enumerate(KINDS))
        kinds = pl.lit(pl.Series(kind).replace_strict(names, return_dtype=pl.String))
    moment = BAR_VERSIONS["known_at"]
    bars: pl.DataFrame = (
        days.names[series]
        .with_columns(
            pl.Series("day", (day + days.first_day).astype(np.int32)).cast(pl.Date),
            kind=kinds,
            known_at=known.cast(moment),
            superseded_at=pl.lit(None, moment) if until is None else until.cast(moment),
            **{name: pl.Series(figures[at]) for at, name in enumerate(FIGURES)},
        )
        .select(pl.col(name).cast(kind) for name, kind in BAR_VERSIONS.items())
    )
    return bars


def ints(frame: pl.DataFrame, *names: str) -> tuple[Ints, ...]:
    """The columns as numbers that cannot be written to, as those of one chunk cannot anyway: the
    compiler would make a second version for others."""
    columns = tuple(frame.get_column(name).to_physical().to_numpy() for name in names)
    for column in columns:
        column.flags.writeable = False
    return columns
