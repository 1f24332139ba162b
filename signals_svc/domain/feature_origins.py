"""Which closes each feature of an instrument rests on."""

from collections.abc import Iterable, Iterator

import numpy as np

from kernel.ids import GradeCode, Instrument
from kernel.series import KINDS
from kernel.series import STALE_DAYS as OLDEST_RUNG_DAYS
from signals_svc.domain.arrays import Ints
from signals_svc.domain.cross_section import PREMIUM_STEP_DAYS, PREMIUM_STEPS
from signals_svc.domain.features import Features
from signals_svc.domain.own_pass import MAX_GAP_DAYS, STALE_DAYS
from signals_svc.domain.series import YEAR_DAYS, date_of
from signals_svc.domain.told_features import Close

LIKE_MOMENTUM = ("momentum", "excess", "rank")
LIKE_RETURNS = ("volatility", "downside", "impact", "drift", "sigma", "bounce")


def closes_behind(features: Features, place: int, name: str) -> tuple[Close, ...]:
    """By instrument oldest first; none where the feature does not come from closes."""
    if np.isnan(features.raw[name][place]):
        return ()
    if name.startswith("premium"):
        return tuple(_of_premium(features, place, name))
    return tuple(_closes(features, place, _own_days(features, place, name)))


def _closes(features: Features, place: int, days: Iterable[int]) -> Iterator[Close]:
    kind = KINDS[features.series.kind[place]]
    for day in days:
        yield Close(features.instruments[place], kind, date_of(day))


def _days(features: Features, place: int) -> Ints:
    series = features.series
    return series.day[series.start[place] : series.last[place] + 1]


def _own_days(features: Features, place: int, name: str) -> tuple[int, ...]:
    days, today = _days(features, place), features.series.as_of_day
    base, _, tail = name.rpartition("_")
    span = int(tail) if tail.isdigit() else YEAR_DAYS
    if base.startswith(LIKE_MOMENTUM):
        older = days[days <= days[-1] - span]
        fresh = older[older >= today - span - STALE_DAYS][-1:]
        return (*fresh.tolist(), int(days[-1]))
    if name.startswith(LIKE_RETURNS):
        return _with_the_one_before(days, np.flatnonzero(today - days < span))
    if name.startswith(("drawdown", "days_since_high")):
        return tuple(days[today - days < span].tolist())
    return (int(days[-1]),) if name == "recency_days" else ()


def _with_the_one_before(days: Ints, inside: Ints) -> tuple[int, ...]:
    """A return of the first close inside begins with the one before it, if that is near enough."""
    if not len(inside):
        return ()
    first = int(inside[0])
    near = first > 0 and days[first] - days[first - 1] <= MAX_GAP_DAYS
    return tuple(days[first - near :].tolist())


def _of_premium(features: Features, place: int, name: str) -> list[Close]:
    """The last closes of the PSA 10 and of the rung below it; for the z also those a month apart.

    A premium that lacks one of the two is none.
    """
    card = features.instruments[place].card_id
    rungs = ("raw",) if "raw" in name else ("psa9", "any9")
    ten, *below = (Instrument(card, GradeCode(rung)) for rung in ("psa10", *rungs))
    found: set[Close] = set()
    for step in range(PREMIUM_STEPS if name.endswith("_z") else 1):
        day = features.series.as_of_day - step * PREMIUM_STEP_DAYS
        top = _close_on(features, ten, day)
        bottom = next(filter(None, (_close_on(features, one, day) for one in below)), None)
        if top and bottom:
            found |= {top, bottom}
    return sorted(found)


def _close_on(features: Features, one: Instrument, day: int) -> Close | None:
    """The last up to the day, unless that is too old by then."""
    if one not in features.instruments:
        return None
    place = features.instruments.index(one)
    days = _days(features, place)
    fresh = days[(days <= day) & (days >= day - OLDEST_RUNG_DAYS)][-1:]
    return next(_closes(features, place, fresh.tolist()), None)
