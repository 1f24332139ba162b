"""Chooses the series of each instrument on an as-of day: trades, else a source's bars, else quotes.

Never spliced: all numbers of an instrument on a day come from the one series named here.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from kernel.series import KINDS, STALE_DAYS, WINDOW_DAYS, least_bars
from kernel.series import series_in_use as kind_in_use
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.bars import Bars, rows

YEAR_DAYS = WINDOW_DAYS
MAX_GAP_DAYS = 180  # two closes half a year apart say little of how a price moves
LOOKBACK_DAYS = YEAR_DAYS + MAX_GAP_DAYS  # a return of the last year may begin before it

STRIDE = 1_000_000  # days fit below it, so (instrument, day) sorts as one number
ABSENT = -1
LEAST_BARS: Ints = np.array([least_bars(kind) for kind in KINDS])


@dataclass(frozen=True)
class Series:
    """The chosen series on one day. Rows sorted by (owner, day); `slots[owner]` is the instrument.

    `kind`, `bars_365`, `last` and `sold_*` are per owner; `last` is the row of its newest bar.
    """

    as_of_day: int
    slots: Ints
    kind: Ints
    bars_365: Ints
    sold: dict[int, Ints]
    owner: Ints
    day: Ints
    cents: Ints
    log_cents: Floats
    volume: Ints
    known_us: Ints
    start: Ints
    last: Ints

    @property
    def owners(self) -> int:
        """How many instruments have a series."""
        return len(self.slots)

    @property
    def recency_days(self) -> Ints:
        """Days since the newest bar of each instrument."""
        return self.as_of_day - self.day[self.last]

    @property
    def alive(self) -> Flags:
        """Whether the newest bar is recent enough to speak of a price at all."""
        return self.recency_days <= STALE_DAYS

    @property
    def liquid(self) -> Flags:
        """Alive and with enough bars of its kind in the trailing year to act upon."""
        return self.alive & (self.bars_365 >= LEAST_BARS[self.kind])

    def row_at(self, day: Ints) -> Ints:
        """Row of each owner's last bar on or before its `day`; -1 where there is none."""
        keys = self.owner * STRIDE + self.day
        found = np.searchsorted(keys, np.arange(self.owners) * STRIDE + day, side="right") - 1
        return np.where(found >= self.start, found, -1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def date_of(number: int) -> date:
    """The day of a number that `day_number` gave."""
    return date(1970, 1, 1) + timedelta(days=number)


def series_in_use(known: Bars, as_of: date) -> Series:
    """The series of every instrument with a known bar in the lookback before the end of `as_of`."""
    today = day_number(as_of)
    age = today - known.day
    window = rows(known, np.flatnonzero((age >= 0) & (age < LOOKBACK_DAYS)))
    kinds = len(KINDS)
    total = len(known.instruments)
    group = window.slot * kinds + window.kind
    age = today - window.day
    counts = np.bincount(group[age < YEAR_DAYS], minlength=total * kinds).reshape(total, kinds)
    present = np.bincount(group, minlength=total * kinds).reshape(total, kinds) > 0
    kind = _choice(counts, present)
    chosen = rows(window, np.flatnonzero(window.kind == kind[window.slot]))
    slots, start, bars = np.unique(chosen.slot, return_index=True, return_counts=True)
    return Series(
        as_of_day=today,
        slots=slots,
        kind=kind[slots],
        bars_365=counts[slots, kind[slots]],
        sold={n: _sold(window, age, total, n)[slots] for n in (7, 30, 90)},
        owner=np.repeat(np.arange(len(slots)), bars),
        day=chosen.day,
        cents=chosen.cents,
        log_cents=chosen.log_cents,
        volume=chosen.volume,
        known_us=chosen.known_us,
        start=start,
        last=start + bars - 1,
    )


def _choice(counts: Ints, present: Flags) -> Ints:
    """Number of the kind to use per slot; ABSENT where the slot has no bar at all.

    Counts beyond the largest minimum choose alike, so the rule is asked once for each case.
    """
    cases = np.where(present, np.minimum(counts, LEAST_BARS.max()), ABSENT)
    different, which = np.unique(cases, axis=0, return_inverse=True)
    chosen = [_chosen(case) for case in different.tolist()]
    choice: Ints = np.array(chosen, dtype=np.int64)[which.reshape(-1)]
    return choice


def _chosen(case: list[int]) -> int:
    kind = kind_in_use({one: n for one, n in zip(KINDS, case, strict=True) if n != ABSENT})
    return ABSENT if kind is None else KINDS.index(kind)


def _sold(window: Bars, age: Ints, total: int, days: int) -> Ints:
    """Copies sold in the last days. Two kinds may report the same sales, so the larger counts."""
    recent = age < days
    sold = np.bincount(
        window.slot[recent] * len(KINDS) + window.kind[recent],
        weights=window.volume[recent].astype(np.float64),
        minlength=total * len(KINDS),
    )
    copies: Ints = sold.reshape(total, len(KINDS)).max(axis=1).astype(np.int64)
    return copies
