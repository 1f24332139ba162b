"""GET /signals/track-record: what came of the signals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api_gw.http.deps import AsOf, Given, Kept
from api_gw.http.track_record_schemas import Record, TrackRecord
from api_gw.usecases.track_record import track_record

router = APIRouter(prefix="/signals", tags=["signals"])
KEPT_S = 300  # scores come once a night


@router.get("/track-record", dependencies=[Depends(Kept(KEPT_S))])
async def get_track_record(
    services: Given,
    horizon: Annotated[
        int | None,
        Query(ge=1, le=3650, description="signals that look so far, days; 90 unless configured"),
    ] = None,
    after: Annotated[
        int | None,
        Query(ge=1, le=3650, description="scored so long after, days; the horizon unless given"),
    ] = None,
    days: Annotated[
        int, Query(ge=1, le=730, description="decisions of the last so many days, days")
    ] = 365,
    as_of: AsOf = None,
) -> TrackRecord:
    """Hit rate, reliability and rank correlation of the signals, with 95 % intervals."""
    looks = horizon or services.default_horizon
    moment = as_of or services.clock()
    found = await track_record(
        horizon=looks,
        after=after or looks,
        days=days,
        as_of=moment,
        track_records=services.track_records,
    )
    return TrackRecord(
        as_of=moment,
        horizon_days=looks,
        after_days=after or looks,
        live=Record.model_validate(found.live),
        replayed=Record.model_validate(found.replayed),
    )
