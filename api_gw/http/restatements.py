"""GET /restatements."""

from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime

from api_gw.domain import restatements as domain
from api_gw.http.deps import YEARS_ASKED, AnyCard, AnyGrade, Given, Kept, within_reach
from api_gw.http.restatement_schemas import (
    Cause,
    Figures,
    MovedFeature,
    RestatedBar,
    RestatedFeatures,
    RestatedSignal,
    Restatements,
    Word,
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
        bars=[bar_of(bar) for bar in found.bars],
        bars_total=found.bars_total,
        features=[features_of(row) for row in found.features],
        signals=[signal_of(signal) for signal in found.signals],
        answers=[signal_of(signal) for signal in found.answers],
    )


def bar_of(bar: domain.RestatedBar) -> RestatedBar:
    """The response model of one bar."""
    return RestatedBar(
        card_id=bar.card_id,
        grade_code=bar.grade_code,
        kind=bar.kind,
        change=bar.change,
        before=Figures.model_validate(bar.before) if bar.before else None,
        after=Figures.model_validate(bar.after) if bar.after else None,
        causes=[cause_of(cause) for cause in bar.causes],
    )


def cause_of(cause: domain.Cause) -> Cause:
    """The response model of one cause. An id beyond 53 bits would not survive as a JSON number."""
    return Cause.model_validate({**vars(cause), "subject_id": str(cause.subject_id)})


def features_of(row: domain.RestatedFeatures) -> RestatedFeatures:
    """The response model of one instrument's features."""
    return RestatedFeatures(
        card_id=row.card_id,
        grade_code=row.grade_code,
        change=row.change,
        because=row.because,
        late_sales=row.late_sales,
        computed_at=row.after.computed_at if row.after else None,
        moved=[MovedFeature(name=n, before=b, after=a) for n, (b, a) in row.moved.items()],
    )


def signal_of(signal: domain.RestatedSignal) -> RestatedSignal:
    """The response model of one pair of words."""
    return RestatedSignal(
        card_id=signal.card_id,
        grade_code=signal.grade_code,
        horizon_days=signal.horizon_days,
        change=signal.change,
        because=signal.because,
        restated_at=signal.restated_at,
        before=Word.model_validate(signal.before) if signal.before else None,
        after=Word.model_validate(signal.after) if signal.after else None,
    )
