"""Daily bars of one instrument: how many a year holds, and the part a window shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from kernel.series import WINDOW_DAYS, Kind


class Bar(NamedTuple):
    """One UTC day of one kind; prices in US cents, volume in copies sold (0 for quotes)."""

    day: date
    open_cents: int
    high_cents: int
    low_cents: int
    close_cents: int
    volume: int


BarsByKind = Mapping[Kind, Sequence[Bar]]


@dataclass(frozen=True)
class NewestOfKind:
    """The newest bar of a kind, and how many the kind had in the year up to the day asked about."""

    bar: Bar
    bars_365: int


LatestBars = Mapping[Kind, NewestOfKind]


@dataclass(frozen=True)
class Move:
    """How far an instrument's price moved between two bars; `change` is a fraction."""

    card_id: str
    name: str
    set_name: str
    number: str
    image_small: str | None
    grade_code: str
    series: Kind
    from_day: date
    from_cents: int
    to_day: date
    to_cents: int
    change: float
    bars_365: int


def counted(bars: BarsByKind, to: date) -> dict[Kind, int]:
    """Bars of each kind present, in the year that ends with `to`."""
    after = to - timedelta(days=WINDOW_DAYS)
    return {kind: sum(bar.day > after for bar in series) for kind, series in bars.items() if series}


def first_shown(bars: Sequence[Bar], window_days: int | None) -> int:
    """Where the window that ends with the newest bar begins; None shows all."""
    if window_days is None:
        return 0
    after = bars[-1].day - timedelta(days=window_days)
    return next(place for place, bar in enumerate(bars) if bar.day > after)
