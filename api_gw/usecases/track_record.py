"""Tells what came of signals, those that were heard and those of a replayed past each by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api_gw.domain.track_record import Record, record_of
from api_gw.ports import TrackRecords


@dataclass(frozen=True)
class TrackRecord:
    """Two records that are never added up."""

    live: Record
    replayed: Record


async def track_record(
    *,
    horizon: int,
    after: int,
    days: int,
    as_of: datetime,
    track_records: TrackRecords,
) -> TrackRecord:
    """Of decisions of the last `days` before the moment, scored `after` days on."""
    asked = {"horizon": horizon, "after": after}
    since = as_of - timedelta(days=days)
    outcomes = await track_records.outcomes(**asked, as_of=as_of, since=since)
    groups = await track_records.groups(**asked, as_of=as_of, since=since)
    live, replayed = (
        record_of(groups.get(origin, ()), dict(outcomes.get(origin, {})), after_days=after)
        for origin in (False, True)
    )
    return TrackRecord(live, replayed)
