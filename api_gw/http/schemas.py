"""What the API answers: frozen response models, a unit in every description."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Series = Literal["trade", "bar", "quote"]
SERIES = (
    "where prices come from: `trade` single sales, `bar` a source's own daily aggregates of sales,"
    " `quote` guide prices without a sale; never mixed"
)
YEAR = "the year up to as_of, or else up to the newest day of the whole market, a count"


class Frozen(BaseModel):
    """A response model: made once from a value of the domain."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Problem(Frozen):
    """An RFC 9457 problem document: what went wrong and what to do about it."""

    type: str = Field(description="URI of the kind of problem; about:blank says the status is all")
    title: str = Field(description="the kind of problem in words")
    status: int = Field(description="HTTP status code")
    detail: str = Field(description="what happened and what to do, for a person")
    instance: str = Field(description="path of the request")


class CardSummary(Frozen):
    """One card in a list."""

    card_id: str = Field(description="identity of the printing, e.g. `base1-4` or `base1-4~1st`")
    name: str = Field(description="name as printed")
    set_id: str = Field(description="identity of the set, e.g. `base1`")
    set_name: str = Field(description="name of the set")
    number: str = Field(description="collector number as printed, without the total")
    printed_total: int | None = Field(description="cards in the set by the printed total, a count")
    release_date: date | None = Field(description="day the set was released, ISO date")
    rarity: str | None = Field(description="rarity in the catalog's words")
    supertype: str | None = Field(description="Pokémon, Trainer or Energy")
    edition: str = Field(description="`unlimited` unless the printing is another, e.g. `1st`")
    finish: str = Field(description="`default` unless the printing differs by finish")
    language: str = Field(description="language of the printing, ISO 639-1 code")
    image_small: str | None = Field(description="URL of a small picture, if there is one")


class Disagreement(Frozen):
    """A rule by which two prices cannot both be right."""

    rule: str = Field(
        description="`sources`: two sources disagree; `grade_ratio`: two grades of the card do"
    )
    ratio: float = Field(description="how far apart the two are, a fraction (2.0 is twice)")


class Divergent(Frozen):
    """The price is not believed: nothing of it is announced, and its signal is HOLD."""

    since: datetime = Field(description="since when it is flagged, UTC")
    why: list[Disagreement] = Field(description="every rule that speaks up, the earliest first")


DIVERGENT = "why this price is not believed, flagged by the moment asked about; null if it is"


class Close(Frozen):
    """The newest close of a card in one grade."""

    grade_code: str = Field(description="grade, e.g. `raw` or `psa10`")
    series: Series = Field(description=SERIES)
    day: date = Field(description="day of the close, UTC, ISO date")
    close_cents: int = Field(description="close, US cents")
    divergent: Divergent | None = Field(
        description="why this price is not believed, null if it is; while it is flagged the close"
        " stays the one shown before"
    )


class FoundCard(CardSummary):
    """One card of a search, with what it costs."""

    closes: list[Close] = Field(description="newest close of each grade, the dearest first")


class SearchPage(Frozen):
    """One page of a search."""

    cards: list[FoundCard] = Field(description="this page's cards, best match first")
    total: int = Field(description="cards found on all pages, a count")
    page: int = Field(description="this page, counted from 1")
    limit: int = Field(description="most cards on a page, a count")
    corrected: str | None = Field(
        description="the words as understood, where they differ from the ones typed"
    )
    grade: str | None = Field(description="grade code named in the query, e.g. `psa10`")
    matched_all: bool = Field(
        description="false when no card has everything asked, so that these have only some of it"
    )


class Reason(Frozen):
    """Why a signal is as it is."""

    code: str = Field(description="stable code of the rule or driver")
    value: float | None = Field(description="number behind it; its unit is in the words")
    words: str = Field(description="the reason in plain words, with the unit")


class Signal(Frozen):
    """BUY, HOLD or SELL for an instrument over a horizon, as of a moment."""

    action: Literal["BUY", "HOLD", "SELL"] = Field(description="what the numbers speak for")
    conviction: float = Field(description="probability that the action proves right, 0 to 1")
    expected_return: float | None = Field(
        description="expected simple return over the horizon before costs, a fraction (0.08 = 8 %)"
    )
    risk: float | None = Field(description="forecast volatility, a fraction a year")
    utility: float | None = Field(
        description="expected return less the price of risk over the horizon, a fraction"
    )
    asof_ts: datetime = Field(description="everything used was known by this moment, UTC")
    horizon_days: int = Field(description="how far the forecast looks, days")
    price_cents: int = Field(description="last close at that moment, US cents")
    series: Series = Field(description=SERIES)
    reasons: list[Reason] = Field(description="the rule that decided, then the main drivers")
    model_version: str = Field(description="model that spoke")
    feature_version: str = Field(description="version of the features it was given")


class SignalOfInstrument(Signal):
    """A signal with the instrument it is for and its age."""

    card_id: str = Field(description="card the signal is for")
    grade_code: str = Field(description="grade the signal is for")
    age_days: int = Field(
        description="whole days from asof_ts to the moment asked about (now without as_of), days"
    )


class GradeOfCard(Frozen):
    """One grade of a card: its newest price and its newest signal."""

    grade_code: str = Field(description="grade, e.g. `raw` or `psa10`")
    price_cents: int = Field(description="close of the newest day of the series in use, US cents")
    price_day: date = Field(description="UTC day of that close, ISO date")
    low_cents: int = Field(description="lowest price of that day, US cents")
    high_cents: int = Field(description="highest price of that day, US cents")
    volume: int = Field(description="copies sold on that day, a count; 0 for quotes")
    series: Series = Field(description=SERIES)
    bars_365: int = Field(description="days with a price in " + YEAR + "; a confidence")
    signal: Signal | None = Field(description="newest signal of the default horizon, if any")
    divergent: Divergent | None = Field(description=DIVERGENT)


class Card(CardSummary):
    """A card's page."""

    game: str = Field(description="game the card belongs to, e.g. `pokemon`")
    series: str | None = Field(description="series of the set, e.g. `Sword & Shield`")
    subtypes: list[str] = Field(description="stage, mechanic and the like, in the catalog's words")
    artist: str | None = Field(description="illustrator")
    image_large: str | None = Field(description="URL of a large picture, if there is one")
    grades: list[GradeOfCard] = Field(description="grades with a price, or the one asked for")


class Bar(Frozen):
    """One UTC day of prices."""

    day: date = Field(description="UTC calendar day, ISO date")
    open_cents: int = Field(description="first price of the day, US cents")
    high_cents: int = Field(description="highest price of the day, US cents")
    low_cents: int = Field(description="lowest price of the day, US cents")
    close_cents: int = Field(description="last price of the day, US cents")
    volume: int = Field(description="copies sold, a count; 0 for quotes")


class History(Frozen):
    """The price history of an instrument. Days without a price have no bar."""

    card_id: str = Field(description="card of the history")
    grade_code: str = Field(description="grade of the history")
    series: Series = Field(description=SERIES)
    bars_365: int = Field(description="bars of this series in " + YEAR)
    bars: list[Bar] = Field(description="bars in order of days")
    overlays: dict[str, list[float | None]] = Field(
        description="by name a value a bar, null where undefined: momentum_n is the log return over"
        " n days, drawdown_n the close over the highest close of n days minus 1, a fraction <= 0"
    )
    divergent: Divergent | None = Field(description=DIVERGENT)


class Move(Frozen):
    """A change of price between two bars of one instrument."""

    card_id: str = Field(description="card that moved")
    name: str = Field(description="its name")
    set_name: str = Field(description="its set")
    number: str = Field(description="its collector number")
    image_small: str | None = Field(description="URL of a small picture, if there is one")
    grade_code: str = Field(description="grade that moved")
    series: Series = Field(description=SERIES)
    from_day: date = Field(description="UTC day of the earlier bar, ISO date")
    from_cents: int = Field(description="its close, US cents")
    to_day: date = Field(description="UTC day of the newest bar, ISO date")
    to_cents: int = Field(description="its close, US cents")
    change: float = Field(description="simple return between the two closes, a fraction")
    direction: Literal["up", "down"] = Field(description="whether the price rose or fell")
    bars_365: int = Field(description="days with a price in " + YEAR)


class Movers(Frozen):
    """The largest changes among liquid instruments."""

    window_days: int = Field(description="least distance of the two bars compared, days")
    movers: list[Move] = Field(description="largest change first")


class Health(Frozen):
    """The process answers."""

    status: Literal["ok"] = Field(description="always ok: no answer is the other state")
    instance: str = Field(description="which installation this process belongs to")


class Readiness(Frozen):
    """What the process needs answers too."""

    status: Literal["ready"] = Field(description="the database answers")
    cache: Literal["answers", "away", "none"] = Field(
        description="the cache; without it answers are slower, not other"
    )
