"""GET /restatements."""

from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime

from api_gw.http.deps import YEARS_ASKED, AnyCard, AnyGrade, Given, Kept, within_reach
from api_gw.http.restatement_schemas import (
    RestatedBar,
    RestatedFeatures,
    RestatedSignal,
    Restatements,
)
from api_gw.usecases.restate import restate
from kernel.days import end_of

router = APIRouter(tags=["market"])

MOST_ROWS = 1000


def day_within_reach(day: date) -> date:
    """The day, if moments can be counted around it. Raises ValueError, which names the years."""
    if day.year not in YEARS_ASKED:
        raise ValueError(f"choose a year from {YEARS_ASKED[0]} to {YEARS_ASKED[-1]}")
    return day


@router.get("/restatements", dependencies=[Depends(Kept(60))])
async def get_restatements(
    services: Given,
    day: Annotated[
        date,
        AfterValidator(day_within_reach),
        Query(description="UTC calendar day, ISO date", examples=["2024-05-01"]),
    ],
    since: Annotated[
        AwareDatetime | None,
        AfterValidator(within_reach),
        Query(
            alias="from",
            description="first moment with offset, ISO 8601; without it the end of the day",
            examples=["2024-05-02T00:00:00Z"],
        ),
    ] = None,
    until: Annotated[
        AwareDatetime | None,
        AfterValidator(within_reach),
        Query(
            alias="to",
            description="second moment with offset, ISO 8601; without it everything known now",
            examples=["2024-06-01T00:00:00Z"],
        ),
    ] = None,
    card: AnyCard = None,
    grade: AnyGrade = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_ROWS, description="most rows of each list, a count")
    ] = 200,
) -> Restatements:
    """Which bars, features and signals of a day differ between two moments, and because of what."""
    found = await restate(
        day,
        since=since,
        until=until,
        card_id=card,
        grade_code=grade,
        limit=limit,
        restatements=services.restatements,
    )
    return Restatements(
        day=day,
        since=(since or end_of(day)).astimezone(UTC),
        until=until and until.astimezone(UTC),
        bars=[RestatedBar.model_validate(bar) for bar in found.bars],
        bars_total=found.bars_total,
        features=[RestatedFeatures.model_validate(row) for row in found.features],
        signals=[RestatedSignal.model_validate(signal) for signal in found.signals],
        answers=[RestatedSignal.model_validate(signal) for signal in found.answers],
    )
