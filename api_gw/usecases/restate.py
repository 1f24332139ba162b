"""Tells what became known of a day between two moments, and what it changed."""

from datetime import date, datetime

from api_gw.domain.restatements import EmptySpan, Restatement
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
    first = end_of(day) if since is None else since
    last = EVERYTHING if until is None else until
    if first >= last:
        raise EmptySpan(first, last)
    bars, total = await restatements.bars(
        day, since=first, until=last, card_id=card_id, grade_code=grade_code, limit=limit
    )
    return Restatement(
        bars=bars,
        bars_total=total,
        features=await restatements.features(
            day, since=first, until=last, card_id=card_id, grade_code=grade_code, limit=limit
        ),
        signals=await restatements.signals(
            day, since=first, until=last, card_id=card_id, grade_code=grade_code, limit=limit
        ),
        answers=await restatements.answers(bars, until=last, limit=limit),
    )
