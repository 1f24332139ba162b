"""Which series of daily bars stands for an instrument's price, and when it is too thin. Pure.

The kinds are never spliced: a reader uses one of them and says which.
"""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["trade", "bar", "quote"]
KINDS: tuple[Kind, Kind, Kind] = ("trade", "bar", "quote")  # as readers prefer them

WINDOW_DAYS = 365  # bars are counted in the days (as-of day - WINDOW_DAYS, as-of day]
MIN_TRADE_BARS = 12  # of sales or a source's bars in the window; below, quotes are used
MIN_QUOTES = 9  # of a series of quotes in the window; below, it is too thin to act upon
STALE_DAYS = 60  # days since the newest bar; beyond, nothing is known of today's price


def series_in_use(counts: Mapping[Kind, int]) -> Kind | None:
    """The series to use. `counts` has every kind that has any bar, 0 where none is in the window.

    Enough sales, else enough source bars, else recent quotes; else whatever there is.
    """
    for kind in KINDS:
        if counts.get(kind, 0) >= (1 if kind == "quote" else MIN_TRADE_BARS):
            return kind
    return next((kind for kind in KINDS if kind in counts), None)


def least_bars(kind: Kind) -> int:
    """Bars in the window that a series of this kind needs to be acted upon."""
    return MIN_QUOTES if kind == "quote" else MIN_TRADE_BARS


def is_liquid(kind: Kind, *, bars: int, recency_days: int) -> bool:
    """Whether a series has enough bars in the window and its newest is not stale."""
    return bars >= least_bars(kind) and recency_days <= STALE_DAYS
