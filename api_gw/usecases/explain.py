"""Explains the newest signal of an instrument by what its night told, as it was known then."""

from datetime import datetime

from api_gw.domain.errors import NoSignal
from api_gw.domain.explanations import Explanation, changes
from api_gw.ports import Cards, Explanations, Prices, Signals
from api_gw.usecases.absence import why_absent
from api_gw.usecases.moments import known_by


async def explain(
    card_id: str,
    grade_code: str,
    *,
    horizon: int,
    as_of: datetime | None,
    explanations: Explanations,
    signals: Signals,
    cards: Cards,
    prices: Prices,
) -> Explanation:
    """Raises a NotFound that says what is missing."""
    moment = known_by(as_of)
    nights = await explanations.nights(card_id, grade_code, horizon=horizon, as_of=moment)
    if not nights:
        absent = await why_absent(card_id, grade_code, as_of=as_of, cards=cards, prices=prices)
        other = await signals.newest(card_id, [grade_code], as_of=moment)
        horizons = [one.horizon_days for one in other.get(grade_code, ())]
        raise absent or NoSignal(card_id, grade_code, horizon, horizons)
    (signal, inputs), *before = nights
    night = signal.asof_ts
    fan = await explanations.fan(card_id, grade_code, night=night, as_of=moment)
    told = await explanations.told(card_id, grade_code, horizon=horizon, night=night, as_of=moment)
    changed = changes(before[0][0], signal, before[0][1], inputs) if before else ()
    return Explanation(signal, before[0][0] if before else None, changed, tuple(fan), told)
