"""What people are told of why signals of a group of cards are as they are."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api_gw.http.schemas import Frozen


class MovedTogether(Frozen):
    """An input and what it moved among the cards."""

    input: str = Field(description="stable name; `z.` is among all of the day, `x.` as it is")
    words: str = Field(description="what people call it")
    by: float = Field(
        description="mean of what it moved, a fraction: of a forecast the log return, of a"
        " classifier the log odds of BUY over SELL; above 0 speaks for higher prices"
    )
    size: float = Field(
        description="mean of the sizes of it, a fraction; much larger than `by` where it moved"
        " some cards up and others down"
    )


class Cohort(Frozen):
    """Cards of one set and tier of liquidity."""

    tier: str = Field(description="by copies sold in 90 days")
    part: Literal["forecast", "classifier"] = Field(description="which model it is of")
    model_version: str = Field(description="the model")
    instruments: int = Field(description="cards and grades it is of, a count")
    known_at: datetime = Field(description="since when it is known, UTC")
    inputs: list[MovedTogether] = Field(description="what moved them most, the largest size first")
    others: float = Field(description="mean of what all other inputs moved together, a fraction")
    together: float = Field(description="mean of what all inputs moved together, a fraction")


class CohortsOfSet(Frozen):
    """The newest night that told of the set."""

    set_id: str = Field(description="the set")
    horizon_days: int = Field(description="how far ahead, days")
    asof_ts: datetime = Field(description="the end of the night, UTC")
    cohorts: list[Cohort] = Field(description="by tier and model")
