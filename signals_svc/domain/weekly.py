"""The half year before an as-of day week by week: what a sequence model reads of each instrument.

Everything comes from the series in use as it was known at the end of the day. A week without a bar
repeats the last close and says so (`seen`); nothing between two closes is made up.
"""

from dataclasses import dataclass, replace

import numpy as np

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.features import Features
from signals_svc.domain.forecast import ewma_steps
from signals_svc.domain.series import STRIDE, Series

WEEKS = 26  # looked back upon
STEPS = 13  # weeks ahead; the last one ends on day 91
WEEK_DAYS = 7
STEP_DAYS: Ints = WEEK_DAYS * np.arange(1, STEPS + 1)
LIMIT = 5.0  # of any input, in spreads: what lies beyond is an error more often than news

PAST = ("level", "change", "seen", "sold")
AHEAD = ("step", "drift")
# Momentum, excess and the like as features have them; `has_` is 0 where they are missing.
RETURNS = ("momentum_7", "momentum_30", "momentum_90", "momentum_180", "excess_30", "excess_90")
RANKS = ("rank_30", "rank_90", "drawdown_90", "drawdown_365", "premium_raw_z", "premium_nine_z")
FIXED = (
    "sigma",
    "bounce",
    "recency",
    "sold_90",
    "quoted",
    *RETURNS,
    *RANKS,
    *(f"has_{name}" for name in (*RETURNS, *RANKS)),
)


@dataclass(frozen=True)
class Windows:
    """One row an instrument and day.

    `past` [n, WEEKS, PAST], oldest week first, of which the first `lengths` weeks count and the
    rest is padding; `ahead` [n, STEPS, AHEAD]; `fixed` [n, FIXED]; `spread` [n, STEPS]: the
    log-return unit of each step, in which a model answers.
    """

    past: Singles
    ahead: Singles
    fixed: Singles
    lengths: Ints
    spread: Floats

    def __len__(self) -> int:
        return len(self.lengths)

    def of(self, rows: Ints) -> "Windows":
        """Some of the rows, in that order."""
        return Windows(
            past=self.past[rows],
            ahead=self.ahead[rows],
            fixed=self.fixed[rows],
            lengths=self.lengths[rows],
            spread=self.spread[rows],
        )


def windows_of(features: Features) -> Windows:
    """Every instrument of the day, in order. Without a spread (too few returns) a row is NaN."""
    drift, spread = yardstick(features.raw)
    past, lengths = _past(features.series, spread)
    step = np.broadcast_to(np.arange(1, STEPS + 1) / STEPS, spread.shape)
    ahead = np.stack([step, _held(drift / spread)], axis=2)
    return Windows(past, ahead.astype(np.float32), _fixed(features, spread), lengths, spread)


def joined(parts: list[Windows]) -> Windows:
    """The rows of all, one after another."""
    return Windows(
        past=np.concatenate([part.past for part in parts]),
        ahead=np.concatenate([part.ahead for part in parts]),
        fixed=np.concatenate([part.fixed for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
    )


def shortened(windows: Windows, lengths: Ints) -> Windows:
    """The same windows without what lies before their newest `lengths` weeks."""
    kept = np.minimum(lengths, windows.lengths)
    past = _newest_in_front(windows.past, windows.lengths, kept)
    return replace(windows, past=past, lengths=kept)


def yardstick(raw: dict[str, Singles]) -> tuple[Floats, Floats]:
    """The EWMA forecast's middle and spread at each step, [n, STEPS] each."""
    return ewma_steps(raw, STEP_DAYS)


def _past(series: Series, spread: Floats) -> tuple[Singles, Ints]:
    rows = _rows(series)
    there = rows >= 0
    log_cents = np.where(there, series.log_cents[np.maximum(rows, 0)], np.nan)
    last = series.log_cents[series.last][:, None]
    level = (log_cents[:, 1:] - last) / spread[:, -1:]
    change = np.diff(log_cents, axis=1) / spread[:, :1]
    seen = np.diff(rows, axis=1) > 0
    sold = np.log1p(_sold(series, rows))
    told = np.stack([_held(level), _held(change), seen, sold], axis=2).astype(np.float32)
    lengths = np.maximum(there[:, 1:].sum(axis=1), 1).astype(np.int64)
    return _newest_in_front(told, np.full(series.owners, WEEKS), lengths), lengths


def _rows(series: Series) -> Ints:
    """[owners, WEEKS + 1]: row of the last bar on or before each week's end, -1 where there is
    none; one week more, for the first change.
    """
    ends = series.as_of_day - WEEK_DAYS * np.arange(WEEKS, -1, -1)
    asked = np.arange(series.owners)[:, None] * STRIDE + ends
    keys = series.owner * STRIDE + series.day
    found = np.searchsorted(keys, asked, side="right") - 1
    return np.where(found >= series.start[:, None], found, -1)


def _sold(series: Series, rows: Ints) -> Floats:
    """Copies of the bars between two neighbouring rows of an owner, the later one included."""
    before = np.concatenate([[0], np.cumsum(series.volume)])  # whole numbers: exact at any place
    ends = before[np.where(rows >= 0, rows, series.start[:, None] - 1) + 1]
    sold: Floats = np.diff(ends, axis=1).astype(np.float64)
    return sold


def _newest_in_front(told: Singles, weeks: Ints, kept: Ints) -> Singles:
    """Of the first `weeks` the newest `kept`, moved to the front; zeros behind."""
    week = np.arange(WEEKS)[None, :]
    source = np.minimum(week + (weeks - kept)[:, None], WEEKS - 1)
    moved = np.take_along_axis(told, source[:, :, None], axis=1)
    return np.where((week < kept[:, None])[:, :, None], moved, np.float32(0))


def _fixed(features: Features, spread: Floats) -> Singles:
    series, raw = features.series, features.raw
    quarter = spread[:, -1]
    returns = np.stack([raw[name] for name in RETURNS], axis=1) / quarter[:, None]
    ranks = np.stack([raw[name] for name in RANKS], axis=1).astype(np.float64)
    own = (
        np.log(quarter),
        raw["bounce"] / spread[:, 0],
        series.recency_days / 60.0,
        np.log1p(series.sold[90]),
        series.kind == 2,
    )
    columns = [np.stack(own, axis=1), _held(returns), _held(ranks)]
    columns += [np.isfinite(returns), np.isfinite(ranks)]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _held(values: Floats) -> Floats:
    """Within LIMIT; 0 where missing, which a flag beside it tells."""
    held: Floats = np.nan_to_num(np.clip(values, -LIMIT, LIMIT), nan=0.0)
    return held
