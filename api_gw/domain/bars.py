"""Daily bars of one instrument: which series is in use, and the part a window shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

Kind = Literal["trade", "bar", "quote"]
KINDS: tuple[Kind, ...] = ("trade", "bar", "quote")  # as readers prefer them

YEAR_DAYS = 365
MIN_BARS = 12  # of sales or a source's bars in the trailing year; below, quotes are used
MIN_QUOTES = 9


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
    """The newest bar of a kind, and how many the kind had in the year up to the newest of all."""

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


def kind_in_use(counts: Mapping[Kind, int]) -> Kind | None:
    """The series a reader uses, of the kinds that have any bar: `counts` are those of a year.

    Enough sales, enough source bars, recent quotes; else whatever there is. Never two of them.
    """
    for kind in KINDS:
        if counts.get(kind, 0) >= (1 if kind == "quote" else MIN_BARS):
            return kind
    return next((kind for kind in KINDS if kind in counts), None)


def newest_day(bars: BarsByKind) -> date | None:
    """The day of the newest bar of any kind."""
    return max((series[-1].day for series in bars.values() if series), default=None)


def counted(bars: BarsByKind, newest: date) -> dict[Kind, int]:
    """Bars of each kind present, in the year that ends with `newest`."""
    after = newest - timedelta(days=YEAR_DAYS)
    return {kind: sum(bar.day > after for bar in series) for kind, series in bars.items() if series}


def first_shown(bars: Sequence[Bar], window_days: int | None) -> int:
    """Where the window that ends with the newest bar begins; None shows all."""
    if window_days is None:
        return 0
    after = bars[-1].day - timedelta(days=window_days)
    return next(place for place, bar in enumerate(bars) if bar.day > after)
