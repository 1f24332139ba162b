"""Tells what moved the forecasts of a set's cards, by liquidity, as it was known at a moment."""

from datetime import datetime

from api_gw.domain.cohorts import CohortsOfSet
from api_gw.domain.errors import NoCohorts, UnknownSet
from api_gw.ports import Cohorts
from api_gw.usecases.moments import known_by


async def cohorts_of_set(
    set_id: str, *, horizon: int, as_of: datetime | None, cohorts: Cohorts
) -> CohortsOfSet:
    """Raises UnknownSet or NoCohorts."""
    found = await cohorts.newest(set_id, horizon=horizon, as_of=known_by(as_of))
    if found is not None:
        return found
    if not await cohorts.is_set(set_id):
        raise UnknownSet(set_id, [])
    raise NoCohorts(set_id, horizon)
