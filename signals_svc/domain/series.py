"""Chooses the series of each instrument on an as-of day: trades, else a source's bars, else quotes.

Never spliced: all numbers of an instrument on a day come from the one series named here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np

from kernel.days import end_of
from kernel.series import KINDS, STALE_DAYS, WINDOW_DAYS, least_bars
from kernel.series import series_in_use as kind_in_use
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.bars import Bars, microseconds
from signals_svc.domain.in_parts import in_parts
from signals_svc.domain.own_pass import MAX_GAP_DAYS
from signals_svc.domain.series_pass import SOLD_DAYS, choose, count, gather

YEAR_DAYS = WINDOW_DAYS
LOOKBACK_DAYS = YEAR_DAYS + MAX_GAP_DAYS  # a return of the last year may begin before it

STRIDE = 1_000_000  # days fit below it, so (instrument, day) sorts as one number
ABSENT = -1
LEAST_BARS: Ints = np.array([least_bars(kind) for kind in KINDS])
ENOUGH = int(LEAST_BARS.max())  # counts beyond it choose alike


def _choices() -> Ints:
    """The kind by counts in the window, each 0 (no bar at all), or 1 + the number up to ENOUGH."""
    table = np.full((ENOUGH + 2,) * len(KINDS), ABSENT, np.int64)
    for case in product(range(ENOUGH + 2), repeat=len(KINDS)):
        counts = {kind: n - 1 for kind, n in zip(KINDS, case, strict=True) if n}
        kind = kind_in_use(counts)
        table[case] = ABSENT if kind is None else KINDS.index(kind)
    return table


CHOICES = _choices()


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

    @cached_property
    def owner(self) -> Ints:
        """Whose bar each row is."""
        return np.repeat(np.arange(self.owners), self.last + 1 - self.start)

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


def series_in_use(bars: Bars, as_of: date, *, known_by: datetime | None = None) -> Series:
    """The series of every instrument with a bar in the lookback, as known at the end of `as_of`,
    or at another aware moment. Of the versions of a bar the one that stood then counts."""
    today = day_number(as_of)
    counted = _counted(bars, today, microseconds(end_of(as_of) if known_by is None else known_by))
    kind = choose(counted.present, counted.counts, CHOICES, ENOUGH)
    slots = np.flatnonzero(kind != ABSENT)
    kind = kind[slots]
    present = counted.present[slots, kind]
    rows = _gathered(bars, counted.chosen, slots, kind, present)
    return Series(
        as_of_day=today,
        slots=slots,
        kind=kind,
        bars_365=counted.counts[slots, kind],
        sold={n: counted.sold[slots, place] for place, n in enumerate(SOLD_DAYS)},
        day=rows.day,
        cents=rows.cents,
        log_cents=rows.log_cents,
        volume=rows.volume,
        known_us=rows.known_us,
        start=rows.start,
        last=rows.start + present - 1,
    )


class _Counted(NamedTuple):
    """By instrument and kind the bars that stood, in the lookback and in the year; copies sold.

    `chosen` flags the rows that stood.
    """

    present: Ints
    counts: Ints
    sold: Ints
    chosen: Flags


def _counted(bars: Bars, today: int, moment: int) -> _Counted:
    total, edges = len(bars.instruments), bars.edges
    spans = (today, moment, LOOKBACK_DAYS, YEAR_DAYS)
    stamps = (bars.kind, bars.day, bars.known_us, bars.until_us)
    present = np.zeros((total, len(KINDS)), np.int64)
    counts, sold = np.zeros_like(present), np.zeros((total, len(SOLD_DAYS)), np.int64)
    chosen = np.zeros(len(bars.day), np.bool_)

    def counted(part: slice) -> None:
        places = edges[part.start : part.stop + 1]
        into = (chosen, present[part], counts[part], sold[part])
        count(places, *stamps, bars.volume, *spans, *into)

    in_parts(counted, total)
    return _Counted(present, counts, sold, chosen)


class _Rows(NamedTuple):
    """The chosen rows of all owners, one owner after another; `start` is where each begins."""

    start: Ints
    day: Ints
    cents: Ints
    log_cents: Floats
    volume: Ints
    known_us: Ints


def _gathered(bars: Bars, chosen: Flags, slots: Ints, kind: Ints, present: Ints) -> _Rows:
    """`present` are the rows of each owner's kind."""
    ends = np.cumsum(present)
    size = int(present.sum())
    # One block: the system hands out a large one in few pieces, five of them in thousands.
    day, cents, volume, known, logs = np.empty((5, size), np.int64)
    found = _Rows(ends - present, day, cents, logs.view(np.float64), volume, known)
    edges = bars.edges

    def gathered(part: slice) -> None:
        gather(
            edges[slots[part]],
            edges[slots[part] + 1],
            kind[part],
            found.start[part],
            bars.kind,
            chosen,
            bars.day,
            bars.known_us,
            bars.cents,
            bars.log_cents,
            bars.volume,
            *found[1:],
        )

    in_parts(gathered, len(slots))
    return found
