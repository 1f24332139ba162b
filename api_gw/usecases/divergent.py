"""Tells which grades of a card are not believed, for whoever shows their prices."""

from collections.abc import Mapping
from datetime import datetime

from api_gw.domain.cached import flags_from_cache, flags_to_cache
from api_gw.domain.divergence import Divergent
from api_gw.ports import Cache, Divergences
from api_gw.usecases.moments import known_by

KEPT_S = 300  # as long as the pages that show it


async def divergent_grades(
    card_id: str, *, as_of: datetime | None, divergences: Divergences, cache: Cache
) -> Mapping[str, Divergent]:
    """By grade: since when the card's price is known to be doubtful, and why.

    From the cache, where a card without a flag is kept too. It knows only what is flagged now, so
    a question about an earlier moment passes it by.
    """
    if as_of is not None:
        return await _stored(card_id, as_of, divergences)
    key = f"market:divergent:{card_id}"
    [body] = await cache.get([key])
    if body is not None:
        try:
            return flags_from_cache(body)
        except ValueError:
            await cache.forget(key)
    found = await _stored(card_id, known_by(None), divergences)
    await cache.put_absent(key, flags_to_cache(found), ttl_s=KEPT_S)
    return found


async def _stored(
    card_id: str, moment: datetime, divergences: Divergences
) -> Mapping[str, Divergent]:
    found = await divergences.of_cards([card_id], as_of=moment)
    return {instrument.grade_code: flag for instrument, flag in found.items()}
