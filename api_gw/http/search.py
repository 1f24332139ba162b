"""GET /search."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api_gw.domain.cards import CardSummary as Card
from api_gw.http.deps import AsOf, Given, Kept
from api_gw.http.schemas import CardSummary, Close, FoundCard, SearchPage
from api_gw.usecases.search import SearchResult, search
from kernel.ids import CardId, GradeCode, Instrument

router = APIRouter(tags=["cards"])

MAX_PAGE = 500  # nobody reads on; a machine narrows the search instead


@router.get("/search", dependencies=[Depends(Kept(60))])
async def search_cards(
    services: Given,
    q: Annotated[
        str,
        Query(
            max_length=120,
            description="what a collector types: name, set, number, treatment, grade, half a word",
            examples=["umbreon vmax 215", "charizard 4/102", "giratina v alt art"],
        ),
    ] = "",
    set_said: Annotated[
        str | None,
        Query(alias="set", max_length=80, description="only this set, by id or name"),
    ] = None,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="page, counted from 1")] = 1,
    limit: Annotated[int, Query(ge=1, le=100, description="most cards on a page, a count")] = 20,
    as_of: AsOf = None,
) -> SearchPage:
    """Cards by what a collector types, best first; without a query the set, or the newest cards.

    Cards are found in the catalog as it is now; their closes are those known at the moment.
    """
    result = await search(
        q,
        set_said=set_said,
        page=page,
        limit=limit,
        as_of=as_of,
        cards=services.search,
        prices=services.prices,
        divergences=services.divergences,
        cache=services.cache,
    )
    return SearchPage(
        cards=[found_card(card, result) for card in result.found.cards],
        total=result.found.total,
        page=page,
        limit=limit,
        corrected=result.found.corrected,
        grade=result.grade,
        matched_all=result.found.matched_all,
    )


def found_card(card: Card, result: SearchResult) -> FoundCard:
    """The response model of one card of a page."""
    summary = CardSummary.model_validate(card)
    closes = []
    for close in result.found.closes.get(card.card_id, ()):
        instrument = Instrument(CardId(card.card_id), GradeCode(close.grade_code))
        flag = result.divergent.get(instrument)
        closes.append(Close.model_validate({**close._asdict(), "divergent": flag}))
    return FoundCard(**summary.model_dump(), closes=closes)
