"""Tells what became known of a day between two moments, and what it changed."""

from datetime import date, datetime

from api_gw.domain.restatements import Asked, Restatement
from api_gw.ports import Restatements
from api_gw.usecases.moments import EVERYTHING
from kernel.days import end_of


async def restate(
    day: date,
    *,
    since: datetime | None,
    until: datetime | None,
    card_id: str | None,
    grade_code: str | None,
    limit: int,
    restatements: Restatements,
) -> Restatement:
    """The day's bars, features and signals that differ between two moments, with what changed them.

    Without `since` it starts at the end of the day, without `until` it goes to all that is known.
    Raises EmptySpan.
    """
    asked = Asked(
        day=day,
        since=end_of(day) if since is None else since,
        until=EVERYTHING if until is None else until,
        card_id=card_id,
        grade_code=grade_code,
        limit=limit,
    )
    bars, total = await restatements.bars(asked)
    return Restatement(
        bars=bars,
        bars_total=total,
        features=await restatements.features(asked),
        signals=await restatements.signals(asked),
        answers=await restatements.answers(bars, until=asked.until, limit=limit),
    )
