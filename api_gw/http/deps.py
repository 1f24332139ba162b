"""What routes are given and the parameters several of them share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, SecretStr

from api_gw.domain.errors import UnknownCard, UnknownGrade
from api_gw.ports import (
    Cache,
    Cards,
    CardSearch,
    Cohorts,
    DagRuns,
    DataQuality,
    Divergences,
    Explanations,
    Measures,
    Models,
    Prices,
    Receipts,
    Restatements,
    Signals,
    TrackRecords,
)
from kernel.ids import is_card_id


class Readable(Protocol):
    """Something whose being there can be asked."""

    async def check(self) -> None:
        """Return if it answers. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class Services:
    """The ports behind the routes, and what they know of this process; app.py fills it."""

    search: CardSearch
    cards: Cards
    cohorts: Cohorts
    prices: Prices
    signals: Signals
    explanations: Explanations
    receipts: Receipts
    track_records: TrackRecords
    divergences: Divergences
    restatements: Restatements
    quality: DataQuality
    models: Models
    measures: Measures
    cache: Cache
    database: Readable
    clock: Callable[[], datetime]
    instance_id: str
    default_horizon: int
    dag_runs: DagRuns
    admin_token: SecretStr | None


def services_of(request: Request) -> Services:
    """The services the composition root put beside the application."""
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(services_of)]


class Kept:
    """Lets shared caches keep an answer for a while."""

    def __init__(self, seconds: int) -> None:
        self._header = f"public, max-age={seconds}, stale-while-revalidate={seconds}"

    def __call__(self, response: Response) -> None:
        """Set the header of a good answer; a problem document says no-store."""
        response.headers["Cache-Control"] = self._header


def formed_as_card_id(said: str) -> str:
    """The text, if a card can have it as its id. Raises UnknownCard."""
    if not is_card_id(said):
        raise UnknownCard(said)
    return said


def formed_as_grade(said: str) -> str:
    """The text, if a grade can have it as its code. Raises UnknownGrade."""
    if not GRADE_FORM.fullmatch(said):
        raise UnknownGrade(said)
    return said


GRADE_FORM = re.compile(r"[a-z0-9.\-]+")
CardId = Annotated[
    str,
    Path(max_length=80, description="card, e.g. `base1-4`", examples=["base1-4"]),
    AfterValidator(formed_as_card_id),
]
GRADE = Query(max_length=24, description="grade, e.g. `raw` or `psa10`", examples=["psa10"])
GradeCode = Annotated[str, GRADE, AfterValidator(formed_as_grade)]
AnyCard = Annotated[
    str | None,
    Query(max_length=80, description="this card only", examples=["base1-4"]),
    AfterValidator(lambda said: None if said is None else formed_as_card_id(said)),
]
AnyGrade = Annotated[
    str | None, GRADE, AfterValidator(lambda said: None if said is None else formed_as_grade(said))
]


def within_reach(moment: datetime | None) -> datetime | None:
    """The moment, if days can be counted around it. Raises ValueError, which names the years."""
    if moment is not None and moment.year not in YEARS_ASKED:
        raise ValueError(f"choose a year from {YEARS_ASKED[0]} to {YEARS_ASKED[-1]}")
    return moment


YEARS_ASKED = range(1900, 3000)
AsOf = Annotated[
    AwareDatetime | None,
    AfterValidator(within_reach),
    Query(
        description="moment with offset, ISO 8601: answer with what was known by then;"
        " without it, with the newest there is",
        examples=["2024-12-31T23:59:59Z"],
    ),
]
