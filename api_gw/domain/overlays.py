"""Lines drawn over a price history, by the definitions of the features of the same names. Pure."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from api_gw.domain.bars import Bar
from kernel.errors import Rejected

STALE_DAYS = 45  # how much older than asked a reference close may be

Line = list[float | None]


class UnknownOverlay(Rejected):
    """No overlay has this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(OVERLAYS)
        super().__init__(f"There is no overlay {name!r}. Choose, separated by commas: {known}.")


def momentum(bars: Sequence[Bar], *, days: int) -> Line:
    """Log of each close over the last close at least `days` older; None without a fresh enough one.

    Bars in order of days.
    """
    dates = [bar.day for bar in bars]
    line: Line = []
    for bar in bars:
        place = bisect_right(dates, bar.day - timedelta(days=days)) - 1
        oldest = bar.day - timedelta(days=days + STALE_DAYS)
        fresh = place >= 0 and dates[place] >= oldest
        line.append(math.log(bar.close_cents / bars[place].close_cents) if fresh else None)
    return line


def drawdown(bars: Sequence[Bar], *, days: int) -> Line:
    """Each close over the highest close of the last `days`, minus 1 (<= 0). Bars in order."""
    dates = [bar.day for bar in bars]
    line: Line = []
    for place, bar in enumerate(bars):
        first = bisect_right(dates, bar.day - timedelta(days=days))
        highest = max(earlier.close_cents for earlier in bars[first : place + 1])
        line.append(bar.close_cents / highest - 1)
    return line


OVERLAYS: Mapping[str, Callable[[Sequence[Bar]], Line]] = {
    **{f"momentum_{days}": partial(momentum, days=days) for days in (7, 30, 90, 180)},
    **{f"drawdown_{days}": partial(drawdown, days=days) for days in (90, 365)},
}


def overlay_names(said: str) -> tuple[str, ...]:
    """The overlays of a comma-separated list, each once. Raises UnknownOverlay."""
    names = tuple(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))
    for name in names:
        if name not in OVERLAYS:
            raise UnknownOverlay(name)
    return names
