"""The largest price changes among liquid instruments."""

from datetime import datetime
from typing import Literal

from api_gw.domain.bars import Move
from api_gw.domain.cached import moves_from_cache, moves_to_cache
from api_gw.ports import Cache, Prices
from api_gw.usecases.moments import counted_to, known_by

Direction = Literal["up", "down", "both"]

MOST_MOVERS = 100
KEPT_S = 300  # asked on every home page, and a year of all bars is read to answer


async def movers(
    *,
    window: int,
    direction: Direction,
    limit: int,
    as_of: datetime | None,
    prices: Prices,
    cache: Cache,
) -> list[Move]:
    """Largest changes first; `both` mixes rises and falls by their size."""
    found: list[Move] = []
    for rising in (True, False):
        if direction in ("both", "up" if rising else "down"):
            found += await moves(window, rising=rising, as_of=as_of, prices=prices, cache=cache)
    return sorted(found, key=lambda move: -abs(move.change))[:limit]


async def moves(
    window: int, *, rising: bool, as_of: datetime | None, prices: Prices, cache: Cache
) -> list[Move]:
    """One direction: from the cache, else from the store. An empty market is not kept."""
    key = f"market:movers:{window}:{'up' if rising else 'down'}"
    [body] = await cache.get([key]) if as_of is None else [None]
    if body is not None:
        try:
            return moves_from_cache(body)
        except ValueError:
            await cache.forget(key)
    found = await prices.moves(
        window=window,
        limit=MOST_MOVERS,
        rising=rising,
        as_of=known_by(as_of),
        counted_to=await counted_to(as_of, prices=prices, cache=cache),
    )
    if found and as_of is None:
        await cache.put_absent(key, moves_to_cache(found), ttl_s=KEPT_S)
    return found
