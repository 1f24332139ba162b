"""Reads signals: from the cache, else from the store, which refills the cache."""

from collections.abc import Sequence
from datetime import datetime

from api_gw.domain.cached import signals_from_cache, signals_to_cache
from api_gw.domain.errors import NoSignal
from api_gw.domain.signals import Signal
from api_gw.ports import Cache, Cards, Prices, Signals
from api_gw.usecases.absence import why_absent
from api_gw.usecases.moments import known_by
from kernel.cache import SIGNAL_TTL_S, signal_key


async def newest_signals(
    card_id: str,
    grades: Sequence[str],
    *,
    as_of: datetime | None,
    signals: Signals,
    cache: Cache,
) -> dict[str, tuple[Signal, ...]]:
    """By grade that has any: the newest signal of each horizon.

    The cache knows only the newest of all, so a question about an earlier moment passes it by.
    """
    if as_of is not None:
        return await signals.newest(card_id, grades, as_of=as_of)
    found: dict[str, tuple[Signal, ...]] = {}
    keys = [signal_key(card_id, grade) for grade in grades]
    for grade, key, body in zip(grades, keys, await cache.get(keys), strict=True):
        if body is not None:
            try:
                found[grade] = signals_from_cache(body)
            except ValueError:
                await cache.forget(key)
    missing = [grade for grade in grades if grade not in found]
    if missing:
        stored = await signals.newest(card_id, missing, as_of=known_by(None))
        for grade, newest in stored.items():
            body = signals_to_cache(newest)
            await cache.put_absent(signal_key(card_id, grade), body, ttl_s=SIGNAL_TTL_S)
        found |= stored
    return found


async def signal(
    card_id: str,
    grade_code: str,
    *,
    horizon: int,
    as_of: datetime | None,
    signals: Signals,
    cache: Cache,
    cards: Cards,
    prices: Prices,
) -> Signal:
    """The newest signal of one horizon. Raises a NotFound that says what is missing."""
    by_grade = await newest_signals(
        card_id, [grade_code], as_of=as_of, signals=signals, cache=cache
    )
    known = by_grade.get(grade_code, ())
    for one in known:
        if one.horizon_days == horizon:
            return one
    absent = await why_absent(card_id, grade_code, as_of=as_of, cards=cards, prices=prices)
    horizons = [one.horizon_days for one in known]
    raise absent or NoSignal(card_id, grade_code, horizon, horizons)
