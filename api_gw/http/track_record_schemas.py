"""What people are told of what came of signals."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api_gw.http.schemas import Frozen


class Figure(Frozen):
    """A value with its 95 % interval."""

    n: int = Field(description="signals behind it, a count")
    days: int = Field(description="decision days behind it, a count")
    value: float | None = Field(description="a fraction; null of nothing")
    low: float | None = Field(description="lower bound of the 95 % interval, a fraction")
    high: float | None = Field(description="upper bound of the 95 % interval, a fraction")
    over: Literal["days", "cards"] | None = Field(
        description="what the interval is over: `days`, blocks of decision days; `cards`, where"
        " these are fewer than three times the days that are scored: how it might have been with"
        " other cards in these weeks, which says nothing of other weeks; null: there is none"
    )


class Figures(Frozen):
    """The figures of one group of signals."""

    name: str = Field(description="what they have in common")
    hit_rate: Figure = Field(description="share of BUY and SELL that earned both fees, 0 to 1")
    came_true: Figure = Field(description="share of all signals whose action came true, 0 to 1")
    net_return: Figure = Field(
        description="mean return of BUY and SELL between the next sale and the end of the time,"
        " fees paid, a fraction"
    )
    ic: Figure = Field(
        description="mean daily rank correlation of the expected return with what a buyer at the"
        " next sale got, -1 to 1"
    )


class ReliabilityBin(Frozen):
    """Signals of like conviction."""

    conviction: float = Field(description="their mean conviction, 0 to 1")
    came_true: Figure = Field(description="share that came true, 0 to 1")


class MonthlyIc(Frozen):
    """Rank correlation of one month."""

    month: str = Field(description="month of the decision days, as 2026-05")
    ic: Figure = Field(description="mean daily rank correlation, -1 to 1")


class Record(Frozen):
    """What came of signals of one origin."""

    first_day: date | None = Field(description="oldest decision day that is scored, ISO date")
    last_day: date | None = Field(description="newest decision day that is scored, ISO date")
    spans: int = Field(description="times the decision days span the days that are scored, a count")
    outcomes: dict[str, int] = Field(
        description="signals by what came of them, a count each: scored; no_entry, no_exit: no sale"
        " to buy or leave by is known; quotes: nobody can buy a guide price; too_late: heard when"
        " the time was over; abstained: too thin, not believed or withdrawn. Only what is scored"
        " is in the figures"
    )
    overall: Figures = Field(description="of all scored signals")
    by_action: list[Figures] = Field(description="by BUY, HOLD, SELL")
    reliability: list[ReliabilityBin] = Field(
        description="by conviction, the lowest first; reliable where `came_true` is the conviction"
    )
    ic_by_month: list[MonthlyIc] = Field(description="by month, the oldest first")
    by_model: list[Figures] = Field(description="by who spoke")
    by_set: list[Figures] = Field(description="by the card's set")
    by_tier: list[Figures] = Field(description="by copies sold in 90 days")


class TrackRecord(Frozen):
    """What came of signals. The two records are never added up."""

    as_of: datetime = Field(description="as it was known at this moment, UTC")
    horizon_days: int = Field(description="signals that look so far, days")
    after_days: int = Field(description="scored so long after, days")
    live: Record = Field(description="signals that were said when their night was")
    replayed: Record = Field(
        description="signals that nobody heard: a past that was walked through again, and nights"
        " that were filled in later"
    )
