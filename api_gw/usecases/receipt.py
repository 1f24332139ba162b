"""Tells the receipt of the newest signal of an instrument, as it was known at a moment."""

from datetime import datetime

from api_gw.domain.errors import NoSignal
from api_gw.domain.receipts import Receipt
from api_gw.ports import Cards, Prices, Receipts, Signals
from api_gw.usecases.absence import why_absent
from api_gw.usecases.moments import known_by


async def receipt(
    card_id: str,
    grade_code: str,
    *,
    horizon: int,
    as_of: datetime | None,
    receipts: Receipts,
    signals: Signals,
    cards: Cards,
    prices: Prices,
) -> Receipt:
    """Raises a NotFound that says what is missing."""
    moment = known_by(as_of)
    found = await receipts.newest(card_id, grade_code, horizon=horizon, as_of=moment)
    if found is not None:
        return found
    absent = await why_absent(card_id, grade_code, as_of=as_of, cards=cards, prices=prices)
    other = await signals.newest(card_id, [grade_code], as_of=moment)
    horizons = [one.horizon_days for one in other.get(grade_code, ())]
    raise absent or NoSignal(card_id, grade_code, horizon, horizons)
