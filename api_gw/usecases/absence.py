"""Finds out why an instrument gives no answer, so that the caller learns what to ask instead."""

from datetime import datetime

from api_gw.domain.errors import NoPrice, UnknownCard, UnknownGrade
from api_gw.ports import Cards, Prices
from api_gw.usecases.moments import known_by
from kernel.errors import NotFound


async def why_absent(
    card_id: str, grade_code: str, *, as_of: datetime | None, cards: Cards, prices: Prices
) -> NotFound | None:
    """The card, the grade or the price that is missing; None if the instrument has a price."""
    if await cards.card(card_id) is None:
        return UnknownCard(card_id)
    if not await cards.is_grade(grade_code):
        return UnknownGrade(grade_code)
    moment = known_by(as_of)
    priced = sorted(await prices.latest(card_id, as_of=moment, counted_to=moment.date()))
    return None if grade_code in priced else NoPrice(card_id, grade_code, priced, as_of)
