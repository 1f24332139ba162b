"""Tells how good the data is: of each source, where sources disagree, of each price."""

from datetime import datetime

from api_gw.domain.quality import Quality
from api_gw.ports import DataQuality
from api_gw.usecases.moments import known_by
from kernel.days import utc_day


async def quality(
    *,
    as_of: datetime | None,
    now: datetime,
    card_id: str | None,
    grade_code: str | None,
    limit: int,
    data: DataQuality,
) -> Quality:
    """The quality of the data at a moment, now without one; `limit` rows of each list."""
    moment, day = known_by(as_of), utc_day(as_of or now)
    divergences, diverging = await data.divergences(
        as_of=moment, card_id=card_id, grade_code=grade_code, limit=limit
    )
    certainty = await data.confidence(
        day, as_of=moment, card_id=card_id, grade_code=grade_code, limit=limit
    )
    return Quality(
        day=day,
        sources=await data.sources(day, as_of=moment),
        divergences=divergences,
        divergences_total=diverging,
        certainty=certainty,
    )
