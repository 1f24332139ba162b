"""Daily bars as columns with their knowledge time, and what of them was known at a moment."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl

from kernel.ids import CardId, GradeCode, Instrument
from kernel.series import KINDS
from signals_svc.domain.arrays import Floats, Ints

FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Bars:
    """Columns of equal length, sorted by (slot, kind, day). A slot numbers an instrument.

    The number of a kind is its place in KINDS, `day` counts from 1970-01-01. A row was believed
    from `known_us` until just before `until_us` (microseconds since 1970, UTC), so several versions
    of one bar may stand side by side.
    """

    instruments: tuple[Instrument, ...]
    slot: Ints
    kind: Ints
    day: Ints
    cents: Ints
    log_cents: Floats
    volume: Ints
    known_us: Ints
    until_us: Ints

    @cached_property
    def edges(self) -> Ints:
        """Rows of slot n are `edges[n]` to before `edges[n + 1]`."""
        return np.searchsorted(self.slot, np.arange(len(self.instruments) + 1))


def bars_of(frame: pl.DataFrame) -> Bars:
    """The columns of a frame of the market's read model; `superseded_at` may be absent or null."""
    if "superseded_at" not in frame.columns:
        frame = frame.with_columns(superseded_at=pl.lit(None, pl.Datetime("us", "UTC")))
    numbered = (
        frame.with_columns(pl.col("kind").replace_strict(dict(zip(KINDS, range(3), strict=True))))
        .sort("card_id", "grade_code", "kind", "day", "known_at")
        .with_columns(slot=pl.struct("card_id", "grade_code").rle_id())
    )
    names = numbered.select("card_id", "grade_code").unique(maintain_order=True)
    cents = numbered["close_cents"].cast(pl.Int64).to_numpy(writable=True)
    until = numbered["superseded_at"].dt.epoch("us").fill_null(int(FOREVER))
    return Bars(
        instruments=tuple(
            Instrument(CardId(card), GradeCode(grade)) for card, grade in names.iter_rows()
        ),
        slot=numbered["slot"].cast(pl.Int64).to_numpy(writable=True),
        kind=numbered["kind"].cast(pl.Int64).to_numpy(writable=True),
        day=numbered["day"].dt.epoch("d").cast(pl.Int64).to_numpy(writable=True),
        cents=cents,
        log_cents=np.log(cents.astype(np.float64)),
        volume=numbered["volume"].cast(pl.Int64).to_numpy(writable=True),
        known_us=numbered["known_at"].dt.epoch("us").to_numpy(writable=True),
        until_us=until.cast(pl.Int64).to_numpy(writable=True),
    )


def known_at(bars: Bars, moment: datetime) -> Bars:
    """The versions that stood at an aware moment; later knowledge leaves no trace."""
    now_us = microseconds(moment)
    return rows(bars, np.flatnonzero((bars.known_us <= now_us) & (bars.until_us > now_us)))


def microseconds(moment: datetime) -> int:
    """Since 1970, of an aware moment."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def rows(bars: Bars, kept: Ints) -> Bars:
    """The named rows, in ascending order; slots keep their meaning."""
    return Bars(
        instruments=bars.instruments,
        slot=bars.slot[kept],
        kind=bars.kind[kept],
        day=bars.day[kept],
        cents=bars.cents[kept],
        log_cents=bars.log_cents[kept],
        volume=bars.volume[kept],
        known_us=bars.known_us[kept],
        until_us=bars.until_us[kept],
    )
