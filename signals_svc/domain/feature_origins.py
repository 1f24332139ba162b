"""Which closes of the instrument's own series each feature rests on."""

import numpy as np

from signals_svc.domain.features import Features
from signals_svc.domain.own_pass import MAX_GAP_DAYS, STALE_DAYS
from signals_svc.domain.series import YEAR_DAYS

LIKE_MOMENTUM = ("momentum", "excess", "rank")
LIKE_RETURNS = ("volatility", "downside", "impact", "drift", "sigma", "bounce")


def closes_behind(features: Features, place: int, name: str) -> tuple[int, ...]:
    """Day numbers, oldest first; none where the feature does not come from closes of its own."""
    series = features.series
    days = series.day[series.start[place] : series.last[place] + 1]
    if np.isnan(features.raw[name][place]):
        return ()
    base, _, tail = name.rpartition("_")
    span = int(tail) if tail.isdigit() else YEAR_DAYS
    if base.startswith(LIKE_MOMENTUM):
        older = days[days <= days[-1] - span]
        fresh = older[older >= features.series.as_of_day - span - STALE_DAYS][-1:]
        return (*fresh.tolist(), int(days[-1]))
    if name.startswith(LIKE_RETURNS):
        inside = np.flatnonzero(series.as_of_day - days < span)
        return _with_the_one_before(days, inside)
    if name.startswith(("drawdown", "days_since_high")):
        return tuple(days[series.as_of_day - days < span].tolist())
    if name.startswith("trades"):
        return tuple(days[series.as_of_day - days < span].tolist())
    return (int(days[-1]),) if name == "recency_days" or name.startswith("premium") else ()


def _with_the_one_before(days: np.ndarray, inside: np.ndarray) -> tuple[int, ...]:
    """A return of the first close inside begins with the one before it, if that is near enough."""
    if not len(inside):
        return ()
    first = int(inside[0])
    near = first > 0 and days[first] - days[first - 1] <= MAX_GAP_DAYS
    return tuple(days[first - near :].tolist())
