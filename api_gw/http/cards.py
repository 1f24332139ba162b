"""GET /cards/{card_id}, its history, its signal and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api_gw.domain import explanations
from api_gw.domain.cards import CardDetails
from api_gw.domain.overlays import overlay_names
from api_gw.domain.signals import age_days
from api_gw.http.deps import AnyGrade, AsOf, CardId, Given, GradeCode, Kept
from api_gw.http.explanation_schemas import Band, Change, Explained
from api_gw.http.schemas import (
    Bar,
    Card,
    CardSummary,
    Divergent,
    GradeOfCard,
    History,
    Signal,
    SignalOfInstrument,
)
from api_gw.usecases import card_page, history, signals
from api_gw.usecases.explain import explain

router = APIRouter(prefix="/cards/{card_id}", tags=["cards"])

Horizon = Annotated[
    int | None,
    Query(ge=1, le=3650, description="how far the forecast looks, days; 90 unless configured"),
]

PAGE_KEPT_S = 300  # prices change nightly; five minutes is what a page may lag
SIGNAL_KEPT_S = 10  # and as long again while it is asked anew: a rollback takes effect in a minute
ALL = "all"


@router.get("", dependencies=[Depends(Kept(SIGNAL_KEPT_S))])
async def get_card(
    services: Given, card_id: CardId, grade: AnyGrade = None, as_of: AsOf = None
) -> Card:
    """A card with, for each grade that has a price, the newest price and signal."""
    card, grades = await card_page.card_page(
        card_id,
        grade_code=grade,
        horizon=services.default_horizon,
        as_of=as_of,
        cards=services.cards,
        prices=services.prices,
        signals=services.signals,
        divergences=services.divergences,
        cache=services.cache,
    )
    return card_of(card, grades)


def card_of(card: CardDetails, grades: list[card_page.GradeOfCard]) -> Card:
    """The response model of a card's page."""
    summary = CardSummary.model_validate(card)
    return Card(
        **summary.model_dump(),
        game=card.game,
        series=card.series,
        subtypes=list(card.subtypes),
        artist=card.artist,
        image_large=card.image_large,
        grades=[grade_of(grade) for grade in grades],
    )


def grade_of(grade: card_page.GradeOfCard) -> GradeOfCard:
    """The response model of one grade."""
    bar = grade.newest.bar
    return GradeOfCard(
        grade_code=grade.grade_code,
        price_cents=bar.close_cents,
        price_day=bar.day,
        low_cents=bar.low_cents,
        high_cents=bar.high_cents,
        volume=bar.volume,
        series=grade.series,
        bars_365=grade.newest.bars_365,
        signal=Signal.model_validate(grade.signal) if grade.signal else None,
        divergent=Divergent.model_validate(grade.divergent) if grade.divergent else None,
    )


@router.get("/history", dependencies=[Depends(Kept(PAGE_KEPT_S))])
async def get_history(
    services: Given,
    card_id: CardId,
    grade: GradeCode = "raw",
    window: Annotated[
        str,
        Query(
            pattern=r"^([1-9]\d{0,3}d|all)$",
            description="days up to the newest bar, e.g. `365d`, or `all`",
        ),
    ] = "365d",
    overlay: Annotated[
        str,
        Query(
            max_length=200,
            description="lines to draw over it, separated by commas: momentum_7, _30, _90, _180,"
            " drawdown_90, _365",
            examples=["momentum_30,drawdown_90"],
        ),
    ] = "",
    as_of: AsOf = None,
) -> History:
    """Daily open, high, low, close and volume of the series in use, with overlays."""
    shown = await history.history(
        card_id,
        grade,
        window_days=None if window == ALL else int(window.removesuffix("d")),
        overlays=overlay_names(overlay),
        as_of=as_of,
        prices=services.prices,
        divergences=services.divergences,
        cache=services.cache,
        cards=services.cards,
    )
    return History(
        card_id=card_id,
        grade_code=grade,
        series=shown.series,
        bars_365=shown.bars_365,
        bars=[Bar.model_validate(bar) for bar in shown.bars],
        overlays=shown.overlays,
        divergent=Divergent.model_validate(shown.divergent) if shown.divergent else None,
    )


@router.get("/signal", dependencies=[Depends(Kept(SIGNAL_KEPT_S))])
async def get_signal(
    services: Given,
    card_id: CardId,
    grade: GradeCode = "raw",
    horizon: Horizon = None,
    as_of: AsOf = None,
) -> SignalOfInstrument:
    """The newest BUY, HOLD or SELL of an instrument. Not investment advice."""
    signal = await signals.signal(
        card_id,
        grade,
        horizon=horizon or services.default_horizon,
        as_of=as_of,
        signals=services.signals,
        cache=services.cache,
        cards=services.cards,
        prices=services.prices,
    )
    age = age_days(signal, at=as_of or services.clock())
    said = Signal.model_validate(signal).model_dump()
    return SignalOfInstrument(**said, card_id=card_id, grade_code=grade, age_days=age)


@router.get("/signal/explain", dependencies=[Depends(Kept(SIGNAL_KEPT_S))])
async def get_explanation(
    services: Given,
    card_id: CardId,
    grade: GradeCode = "raw",
    horizon: Horizon = None,
    as_of: AsOf = None,
) -> Explained:
    """Why the newest signal of an instrument is as it is, and what changed since the one before."""
    found = await explain(
        card_id,
        grade,
        horizon=horizon or services.default_horizon,
        as_of=as_of,
        explanations=services.explanations,
        signals=services.signals,
        cards=services.cards,
        prices=services.prices,
    )
    signal = Signal.model_validate(found.signal)
    return Explained.model_validate(
        {
            "card_id": card_id,
            "grade_code": grade,
            "signal": signal,
            "previous": Signal.model_validate(found.previous) if found.previous else None,
            "changed": [Change.model_validate(one) for one in found.changed],
            "fan": [band_of(one, signal.price_cents) for one in found.fan],
            **{name: found.told.get(name) for name in TOLD_OF_WHY},
        }
    )


TOLD_OF_WHY = ("forecast", "classifier", "looked_at", "alike")


def band_of(band: explanations.Band, price_cents: int) -> Band:
    """The response model of a forecast, from the price it starts at."""
    low, middle, high = band.cents(price_cents)
    return Band(
        horizon_days=band.horizon_days,
        model_version=band.model_version,
        low_cents=low,
        middle_cents=middle,
        high_cents=high,
    )
