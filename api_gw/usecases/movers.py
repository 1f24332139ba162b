"""The largest price changes among liquid instruments."""

from datetime import datetime
from typing import Literal

from api_gw.domain.bars import Move
from api_gw.ports import Prices
from api_gw.usecases.moments import known_by

Direction = Literal["up", "down", "both"]


async def movers(
    *, window: int, direction: Direction, limit: int, as_of: datetime | None, prices: Prices
) -> list[Move]:
    """Largest changes first; `both` mixes rises and falls by their size."""
    found: list[Move] = []
    for rising in (True, False):
        if direction in ("both", "up" if rising else "down"):
            found += await prices.moves(
                window=window, limit=limit, rising=rising, as_of=known_by(as_of)
            )
    return sorted(found, key=lambda move: -abs(move.change))[:limit]
