"""GET /quality."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api_gw.domain import quality as domain
from api_gw.http.deps import AnyCard, AnyGrade, AsOf, Given, Kept
from api_gw.http.quality_schemas import Confidence, Divergence, Quality, SourceQuality
from api_gw.usecases.quality import quality

router = APIRouter(tags=["market"])

MOST_ROWS = 1000


@router.get("/quality", dependencies=[Depends(Kept(60))])
async def get_quality(
    services: Given,
    card: AnyCard = None,
    grade: AnyGrade = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_ROWS, description="most rows of each list, a count")
    ] = 50,
    as_of: AsOf = None,
) -> Quality:
    """Coverage, freshness, volume and rejects of each source; divergences; price confidence."""
    found = await quality(
        as_of=as_of,
        now=services.clock(),
        card_id=card,
        grade_code=grade,
        limit=limit,
        data=services.quality,
    )
    return Quality(
        day=found.day,
        sources=[source_of(source, found) for source in found.sources],
        divergences=[Divergence.model_validate(one) for one in found.divergences],
        divergences_total=found.divergences_total,
        confidence=[Confidence.model_validate(one) for one in found.certainty.prices],
        confidence_total=found.certainty.total,
        stale_total=found.certainty.stale,
    )


def source_of(source: domain.SourceQuality, found: domain.Quality) -> SourceQuality:
    """The response model of one source."""
    age = None if source.newest_day is None else (found.day - source.newest_day).days
    derived = {"coverage": source.coverage, "refused": source.refused, "age_days": age}
    return SourceQuality.model_validate({**vars(source), **derived})
