"""What is asked of inference, and what it answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

MOST_INSTRUMENTS = 50


class Frozen(BaseModel):
    """Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class InstrumentAsked(Frozen):
    """A card and grade."""

    card_id: str = Field(min_length=1, max_length=80, description="card, e.g. `base1-4`")
    grade_code: str = Field(max_length=24, pattern=r"^[a-z0-9.\-]+$", description="grade")


class InferRequest(Frozen):
    """Cards and grades to be judged by what is known now."""

    instruments: list[InstrumentAsked] = Field(min_length=1, max_length=MOST_INSTRUMENTS)


class Reason(Frozen):
    """Why."""

    code: str = Field(description="stable code")
    value: float | None = Field(description="the number behind it, in the unit of its words")
    words: str = Field(description="for people")


class SignalNow(Frozen):
    """What would be signalled."""

    card_id: str = Field(description="card")
    grade_code: str = Field(description="grade")
    horizon_days: int = Field(description="how far ahead, days")
    asof_ts: datetime = Field(description="the end of today, UTC")
    action: str = Field(description="BUY, HOLD or SELL")
    conviction: float = Field(description="probability that it comes true, 0 to 1")
    expected_return: float | None = Field(description="a fraction")
    risk: float | None = Field(description="annualised, a fraction")
    utility: float | None = Field(description="of the action BUY, a fraction")
    price_cents: int = Field(description="last price, US cents")
    series: str = Field(description="trade, bar or quote")
    model_version: str = Field(description="who spoke")
    feature_version: str = Field(description="features it rests on")
    reasons: list[Reason] = Field(description="the rule first, then what drove it")


class InferAnswer(Frozen):
    """What would be signalled now. Nothing of it is stored."""

    known_at: datetime = Field(description="what was known by then went in, UTC")
    took_ms: float = Field(description="milliseconds")
    signals: list[SignalNow] = Field(description="by horizon and instrument")
    without_price: list[InstrumentAsked] = Field(
        description="no price of the past 18 months is known of these: nothing is said"
    )
