"""What /quality answers: frozen response models, a unit in every description."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api_gw.http.schemas import Frozen

WINDOW = "the 30 days up to the day asked about"


class Reject(Frozen):
    """Rows of a source that were refused for one reason."""

    reason: str = Field(description="stable code of the reason")
    waiting: int = Field(description="rows that still wait for a mapping or an alias, a count")
    resolved: int = Field(description="rows that were taken after all, a count")
    newest_refused_at: datetime = Field(
        description="when a row was last refused that had not been before, UTC"
    )


class SourceQuality(Frozen):
    """One source of prices or of facts beside them."""

    source: str = Field(description="name of the source")
    coverage: float = Field(
        description="days_covered over days_expected, a fraction; a file brought in once covers"
        " the one day it was asked for, and a weekly source one day in seven"
    )
    days_covered: int = Field(description="days of " + WINDOW + " that loaded runs asked for")
    days_expected: int = Field(description="days since it was first tried, at most 30 days")
    tried_day: date = Field(
        description="UTC day of the newest run that came as far as fetching, ISO date"
    )
    newest_day: date | None = Field(
        description="UTC day of the newest run that was loaded, ISO date; null where none ever was"
    )
    age_days: int | None = Field(
        description="whole days from newest_day to the day asked about, days; null without one"
    )
    newest_sale_at: datetime | None = Field(
        description="when its newest sale happened, UTC; null for sources without sales"
    )
    loaded_at: datetime | None = Field(description="when its last load was done, UTC")
    rows_newest: int = Field(description="rows of the newest run, a count")
    rows_usual: float | None = Field(description="median rows of a run of the window, a count")
    rows_read: int = Field(description="rows screened in the window, a count")
    refused: float | None = Field(description="rows refused among rows_read, a fraction")
    rejects: list[Reject] = Field(description="every refused row so far by reason, most first")


class Divergence(Frozen):
    """An instrument whose price is not believed."""

    card_id: str = Field(description="card that is flagged")
    grade_code: str = Field(description="grade that is flagged")
    rule: str = Field(
        description="`sources`: two sources disagree; `grade_ratio`: two grades of the card do"
    )
    ratio: float = Field(description="how far apart the two are, a fraction (2.0 is twice)")
    opened_at: datetime = Field(description="since when it is flagged, UTC")


class Confidence(Frozen):
    """How far the price of an instrument can be trusted, over 90 days of one kind of bar."""

    card_id: str = Field(description="card of the price")
    grade_code: str = Field(description="grade of the price")
    kind: Literal["trade", "quote", "bar"] = Field(description="what the price is made of")
    price_cents: int = Field(description="close of the newest day, US cents")
    price_day: date = Field(description="UTC day of that close, ISO date")
    bars: int = Field(description="days with a price in the 90 days, a count")
    volume: int = Field(description="copies sold in the 90 days, a count; 0 for quotes")
    spread: float | None = Field(
        description="interquartile range of the closes over their median, a fraction; null with"
        " fewer than 4 bars"
    )
    age_days: int = Field(description="whole days from price_day to the day asked about, days")
    stale: bool = Field(description="the 90 days hold no price: this is the newest before them")


class Quality(Frozen):
    """How good the data is."""

    day: date = Field(description="UTC day asked about: of as_of, or today, ISO date")
    sources: list[SourceQuality] = Field(description="every source that was ever asked, by name")
    divergences: list[Divergence] = Field(
        description="flagged instruments, the widest apart first, at most `limit`"
    )
    divergences_total: int = Field(description="flagged instruments in all, a count")
    confidence: list[Confidence] = Field(
        description="prices of instruments, the least certain first: none in 90 days, few bars,"
        " wide apart, long ago; at most `limit`"
    )
    confidence_total: int = Field(description="prices there are of instruments, a count")
    stale_total: int = Field(description="instruments without a price in 90 days, a count")
