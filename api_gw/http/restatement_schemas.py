"""What /restatements answers: frozen response models, a unit in every description."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api_gw.http.schemas import Frozen

Change = Literal["appeared", "changed", "vanished"]
CHANGE = "`appeared`: none at the first moment; `vanished`: none at the second; else `changed`"


class Figures(Frozen):
    """A bar of the day as it stood at one moment."""

    open_cents: int = Field(description="first price of the day, US cents")
    high_cents: int = Field(description="highest price of the day, US cents")
    low_cents: int = Field(description="lowest price of the day, US cents")
    close_cents: int = Field(description="last price of the day, US cents")
    volume: int = Field(description="copies sold, a count; 0 for quotes")


class Cause(Frozen):
    """One piece of knowledge that changed a bar."""

    what: str = Field(
        description="`revoked`, `reinstated`, `corrected`, `remapped` (the sale belongs to another"
        " card or grade), `late_arrival`, `outlier_verdict`, `person_decision`, `day_over` or"
        " `first_report` (the day was first told)"
    )
    known_at: datetime = Field(description="when it could first be known, UTC")
    subject: Literal["trade", "report"] = Field(
        description="`trade`: one sale; `report`: a figure that a source stated for the day"
    )
    # A number beyond 53 bits would not survive as JSON.
    subject_id: Annotated[str, BeforeValidator(str)] = Field(
        description="id of that sale or figure, a 64-bit number as text"
    )
    actor: str = Field(description="who said so: a source, a job, `rule`, or a person")
    why: str = Field(description="in words; of a verdict also the rule")
    before_cents: int | None = Field(description="price it had before, US cents, if it is told")
    after_cents: int | None = Field(description="price it has since, US cents, if it is told")


class RestatedBar(Frozen):
    """A bar of the day that was another one, or none, at one of the two moments."""

    card_id: str = Field(description="card of the bar")
    grade_code: str = Field(description="grade of the bar")
    kind: Literal["trade", "quote", "bar"] = Field(description="what the bar is made of")
    change: Change = Field(description=CHANGE)
    before: Figures | None = Field(description="the bar at the first moment, if there was one")
    after: Figures | None = Field(description="the bar at the second moment, if there is one")
    causes: list[Cause] = Field(
        description="what was learned at the moments at which this bar changed, in order of time;"
        " the first 100 of causes_total"
    )
    causes_total: int = Field(description="pieces of knowledge that changed the bar, a count")


class MovedFeature(Frozen):
    """One feature whose value differs."""

    name: str = Field(description="name of the feature")
    before: float | None = Field(description="value at the first moment, in the feature's own unit")
    after: float | None = Field(description="value at the second moment, in the feature's own unit")


class RestatedFeatures(Frozen):
    """Features of the night that were computed anew and came out differently."""

    card_id: str = Field(description="card of the features")
    grade_code: str = Field(description="grade of the features")
    change: Change = Field(description=CHANGE)
    because: str = Field(
        description="`late_load`: prices that could be known by the night's end were loaded after"
        " it; `feature_version`: features are computed otherwise; `cross_section`: no price of its"
        " own was loaded, other instruments it is compared with changed; `first_computed`"
    )
    late_sales: int = Field(description="sales loaded so late, a count")
    computed_at: datetime | None = Field(description="when the later features were computed, UTC")
    moved: list[MovedFeature] = Field(description="features whose value differs, by name")


class Word(Frozen):
    """What a signal said."""

    night: date = Field(description="UTC day at whose end the signal is, ISO date")
    action: Literal["BUY", "HOLD", "SELL"] = Field(description="what it said")
    conviction: float = Field(description="probability that the action proves right, 0 to 1")
    expected_return: float | None = Field(
        description="expected simple return over the horizon before costs, a fraction"
    )
    utility: float | None = Field(
        description="expected return less the price of risk over the horizon, a fraction"
    )
    price_cents: int = Field(description="last close it rested on, US cents")
    model_version: str = Field(description="model that spoke")
    known_at: datetime = Field(description="when the word could first be heard, UTC")


class RestatedSignal(Frozen):
    """Two words on one instrument and horizon, of which the later replaces the earlier."""

    card_id: str = Field(description="card of the signal")
    grade_code: str = Field(description="grade of the signal")
    horizon_days: int = Field(description="how far the forecast looks, days")
    change: Change = Field(description=CHANGE)
    because: str = Field(
        description="`restated_bar`: a bar of the day became another one; `model`: another model"
        " spoke; `feature_version`; `features`: the same model was given other features;"
        " `first_said`"
    )
    restated_at: datetime | None = Field(
        description="of `restated_bar`: when the change of the bar was known, UTC"
    )
    before: Word | None = Field(description="the earlier word, if there was one")
    after: Word | None = Field(description="the later word, if there is one")


class Restatements(Frozen):
    """What became known of a day between two moments, and what it changed."""

    day: date = Field(description="UTC calendar day the report is about, ISO date")
    since: datetime = Field(description="first moment of the comparison, UTC")
    until: datetime | None = Field(description="second moment, UTC; null: everything known now")
    bars: list[RestatedBar] = Field(description="bars of the day that differ, at most `limit`")
    bars_total: int = Field(description="bars of the day that differ in all, a count")
    features: list[RestatedFeatures] = Field(
        description="features of the day's night that differ, at most `limit`"
    )
    signals: list[RestatedSignal] = Field(
        description="signals of the day's night that differ, at most `limit`"
    )
    answers: list[RestatedSignal] = Field(
        description="of the restated bars listed: the first signals of later nights that knew of"
        " the change and said other things than before, at most `limit`"
    )
