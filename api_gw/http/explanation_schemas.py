"""What people are told of why a signal is as it is."""

from datetime import date

from pydantic import Field

from api_gw.http.schemas import Frozen, Signal

TOLD = "whether the signal rests on it; if not, it was heard and nobody was told"


class Moved(Frozen):
    """An input and what it moved."""

    input: str = Field(description="stable name; `z.` is among all of the day, `x.` as it is")
    words: str = Field(description="what people call it")
    value: str = Field(description="its value, with its unit")
    by: float = Field(
        description="what it moved: of a forecast the log return, a fraction; of a classifier the"
        " log odds of BUY over SELL, a fraction; above 0 speaks for a higher price"
    )


class ForecastMoved(Frozen):
    """Exact contributions (SHAP) to the trees' middle forecast."""

    model_version: str = Field(description="the trees")
    told: bool = Field(description=TOLD)
    inputs: list[Moved] = Field(description="what moved it most, the largest first")
    others: float = Field(description="what all other inputs moved together, a fraction")


class ClassifierMoved(ForecastMoved):
    """Exact contributions (SHAP) to a classifier's log odds of BUY over SELL."""

    model_version: str = Field(description="the classifier")
    chances: dict[str, float] = Field(description="of buy, hold and sell, 0 to 1")


class LookedAtInput(Frozen):
    """An input and its share of attention."""

    group: str = Field(description="past, ahead or fixed: shares of a group sum to 1")
    input: str = Field(description="stable name")
    words: str = Field(description="what people call it")
    share: float = Field(description="share of attention within its group, 0 to 1")


class LookedAt(Frozen):
    """What a sequence forecaster looked at. It is not why prices move."""

    model_version: str = Field(description="the forecaster")
    told: bool = Field(description=TOLD)
    inputs: list[LookedAtInput] = Field(description="the largest shares first")
    weeks: list[float] = Field(
        description="shares of attention to past weeks, the newest first, 0 to 1"
    )


class Case(Frozen):
    """A card of the past that looked alike, and what happened next."""

    card_id: str = Field(description="its id")
    grade_code: str = Field(description="its grade")
    day: date = Field(description="when it looked alike, ISO date")
    apart: float = Field(description="root mean square distance of its traits, a count of sigmas")
    outcome: float = Field(description="what happened next, log return, a fraction")


class Alike(Frozen):
    """Cards of the past that looked alike, among weeks that are over."""

    horizon_days: int = Field(description="how long after, days")
    cases: list[Case] = Field(description="the nearest, of different cards")
    nearest: int = Field(description="cases behind `median` and `risen`, a count")
    median: float = Field(description="median of what happened next, log return, a fraction")
    risen: float = Field(description="share that had risen, 0 to 1")


class Band(Frozen):
    """A forecast with its 80 % band."""

    horizon_days: int = Field(description="how far it looks, days")
    model_version: str = Field(description="who forecasts")
    low_cents: int = Field(description="one in ten ends below it, US cents")
    middle_cents: int = Field(description="as many end above it as below, US cents")
    high_cents: int = Field(description="one in ten ends above it, US cents")


class Change(Frozen):
    """What differs from the signal before, in words."""

    what: str = Field(description="what differs")
    before: str = Field(description="then")
    after: str = Field(description="now")


class Explained(Frozen):
    """Why a signal is as it is. Nothing here is a cause: it is what models computed and read."""

    card_id: str = Field(description="card")
    grade_code: str = Field(description="grade")
    signal: Signal = Field(description="the signal that is explained")
    previous: Signal | None = Field(description="the one of the night before, if there was one")
    changed: list[Change] = Field(description="what differs between the two")
    fan: list[Band] = Field(description="forecasts of that night, by horizon")
    forecast: ForecastMoved | None = Field(description="what moved the trees' forecast, if any")
    classifier: ClassifierMoved | None = Field(description="what moved the classifier, if any")
    looked_at: LookedAt | None = Field(description="what a forecaster looked at, if any")
    alike: Alike | None = Field(description="cards that once looked alike")
