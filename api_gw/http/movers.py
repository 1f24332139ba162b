"""GET /movers."""

from enum import IntEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api_gw.domain.bars import Move as Moved
from api_gw.http.deps import AsOf, Given, Kept
from api_gw.http.schemas import Move, Movers
from api_gw.usecases.movers import MOST_MOVERS, Direction, movers

router = APIRouter(tags=["market"])


class Window(IntEnum):
    """The distances offered, days."""

    WEEK = 7
    MONTH = 30


@router.get("/movers", dependencies=[Depends(Kept(300))])
async def get_movers(
    services: Given,
    window: Annotated[
        Window, Query(description="least distance of the two bars compared, days")
    ] = Window.WEEK,
    direction: Annotated[
        Direction, Query(description="rises, falls, or both by their size")
    ] = "both",
    limit: Annotated[int, Query(ge=1, le=MOST_MOVERS, description="most movers, a count")] = 20,
    as_of: AsOf = None,
) -> Movers:
    """Largest price changes of liquid instruments with a bar in the window up to the newest day.

    Instruments whose price is flagged as divergent are left out.
    """
    found = await movers(
        window=window,
        direction=direction,
        limit=limit,
        as_of=as_of,
        prices=services.prices,
        cache=services.cache,
    )
    return Movers(window_days=window, movers=[move_of(move) for move in found])


def move_of(move: Moved) -> Move:
    """The response model of one move."""
    direction = "up" if move.change > 0 else "down"
    return Move.model_validate({**vars(move), "direction": direction})
