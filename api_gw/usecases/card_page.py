"""What a card's page shows: the card, and for each grade its price and signal."""

from dataclasses import dataclass
from datetime import datetime

from api_gw.domain.bars import LatestBars, NewestOfKind
from api_gw.domain.cards import CardDetails
from api_gw.domain.divergence import Divergent
from api_gw.domain.errors import NoPrice, UnknownCard, UnknownGrade
from api_gw.domain.signals import Signal
from api_gw.ports import Cache, Cards, Divergences, Prices, Signals
from api_gw.usecases.divergent import divergent_grades
from api_gw.usecases.moments import counted_to, known_by
from api_gw.usecases.signals import newest_signals
from kernel.series import Kind, series_in_use


@dataclass(frozen=True)
class GradeOfCard:
    """One grade with a price: the newest bar of its series in use, its signal and flag if any."""

    grade_code: str
    series: Kind
    newest: NewestOfKind
    signal: Signal | None
    divergent: Divergent | None


async def card_page(
    card_id: str,
    *,
    grade_code: str | None,
    horizon: int,
    as_of: datetime | None,
    cards: Cards,
    prices: Prices,
    signals: Signals,
    divergences: Divergences,
    cache: Cache,
) -> tuple[CardDetails, list[GradeOfCard]]:
    """The card and its grades with prices, or the asked one. Raises a NotFound that says which."""
    card = await cards.card(card_id)
    if card is None:
        raise UnknownCard(card_id)
    year_end = await counted_to(as_of, prices=prices, cache=cache)
    latest = await prices.latest(card_id, as_of=known_by(as_of), counted_to=year_end)
    if grade_code is not None and grade_code not in latest:
        if not await cards.is_grade(grade_code):
            raise UnknownGrade(grade_code)
        raise NoPrice(card_id, grade_code, sorted(latest), as_of)
    shown = sorted(latest) if grade_code is None else [grade_code]
    known = await newest_signals(card_id, shown, as_of=as_of, signals=signals, cache=cache)
    flags = await divergent_grades(card_id, as_of=as_of, divergences=divergences, cache=cache)
    grades = []
    for grade in shown:
        signal = next((s for s in known.get(grade, ()) if s.horizon_days == horizon), None)
        grades += grade_of_card(grade, latest[grade], signal, flags.get(grade))
    return card, grades


def grade_of_card(
    grade: str, latest: LatestBars, signal: Signal | None, divergent: Divergent | None
) -> list[GradeOfCard]:
    """The grade with the newest bar of the series in use; nothing if it has no bar."""
    kind = series_in_use({kind: newest.bars_365 for kind, newest in latest.items()})
    return [GradeOfCard(grade, kind, latest[kind], signal, divergent)] if kind else []
