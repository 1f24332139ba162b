"""What the figures of a day were at two moments, and what was learned between. Frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from kernel.errors import Rejected
from kernel.series import Kind

Change = Literal["appeared", "changed", "vanished"]


class EmptySpan(Rejected):
    """A restatement between two moments of which the first is not the earlier."""

    def __init__(self, since: datetime, until: datetime) -> None:
        super().__init__(
            f"`from` {since.isoformat()} is not before `to` {until.isoformat()}; without them the"
            " report compares the end of the day with what is known now"
        )


@dataclass(frozen=True)
class Asked:
    """The day and the two moments that are compared; None of card or grade means any.

    `limit` is of each list. Raises EmptySpan.
    """

    day: date
    since: datetime
    until: datetime
    card_id: str | None
    grade_code: str | None
    limit: int

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise EmptySpan(self.since, self.until)


class Figures(NamedTuple):
    """A bar without its key: US cents and copies sold."""

    open_cents: int
    high_cents: int
    low_cents: int
    close_cents: int
    volume: int


@dataclass(frozen=True)
class Cause:
    """One piece of knowledge that changed a bar.

    `subject` and `subject_id` name the sale (`trade`) or the figure (`report`) it is about.
    """

    what: str
    known_at: datetime
    subject: str
    subject_id: int
    actor: str
    why: str
    before_cents: int | None
    after_cents: int | None


@dataclass(frozen=True)
class RestatedBar:
    """A bar of the day that was another one, or none, at one of the two moments.

    `causes` are the first ones, of `causes_total`.
    """

    card_id: str
    grade_code: str
    kind: Kind
    before: Figures | None
    after: Figures | None
    causes: tuple[Cause, ...] = ()
    causes_total: int = 0

    @property
    def change(self) -> Change:
        """Whether the bar came, went or became another one."""
        return change_between(self.before, self.after)


@dataclass(frozen=True)
class FeatureRow:
    """One stored row of features of a night: what is compared, and when it was computed."""

    feature_version: str
    fingerprint: str
    computed_at: datetime
    values: Mapping[str, float | None]


class MovedFeature(NamedTuple):
    """One feature whose value differs, in its own unit."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class RestatedFeatures:
    """Features of the night that were computed anew. `late_sales`: loaded between the two
    computations although they could be known by the night's end."""

    card_id: str
    grade_code: str
    before: FeatureRow | None
    after: FeatureRow | None
    late_sales: int = 0

    @property
    def change(self) -> Change:
        """Whether the row came, went or became another one."""
        return change_between(self.before, self.after)

    @property
    def computed_at(self) -> datetime | None:
        """When the later row was computed."""
        return self.after.computed_at if self.after else None

    @property
    def moved(self) -> list[MovedFeature]:
        """The features whose value differs, by name."""
        old = self.before.values if self.before else {}
        new = self.after.values if self.after else {}
        names = sorted(old.keys() | new.keys())
        both = (MovedFeature(name, old.get(name), new.get(name)) for name in names)
        return [one for one in both if one.before != one.after]

    @property
    def because(self) -> str:
        """A stable word for the cause."""
        if self.before is None or self.after is None:
            return "first_computed"
        if self.before.feature_version != self.after.feature_version:
            return "feature_version"
        return "late_load" if self.late_sales else "cross_section"


@dataclass(frozen=True)
class Word:
    """What a signal said on a night, and when that could first be heard."""

    night: date
    action: str
    conviction: float
    expected_return: float | None
    utility: float | None
    price_cents: int
    model_version: str
    feature_version: str
    fingerprint: str
    known_at: datetime


@dataclass(frozen=True)
class RestatedSignal:
    """Two words on one instrument and horizon, of which the later replaces the earlier.

    Of one night: said again. Of two nights: the first word after a bar of the day was restated.
    """

    card_id: str
    grade_code: str
    horizon_days: int
    before: Word | None
    after: Word | None
    restated_at: datetime | None = None

    @property
    def change(self) -> Change:
        """Whether the word came, went or became another one."""
        return change_between(self.before, self.after)

    @property
    def because(self) -> str:
        """A stable word for the cause."""
        if self.restated_at is not None:
            return "restated_bar"
        if self.before is None or self.after is None:
            return "first_said"
        if self.before.model_version != self.after.model_version:
            return "model"
        if self.before.feature_version != self.after.feature_version:
            return "feature_version"
        return "features"


@dataclass(frozen=True)
class Restatement:
    """Everything about a day that differs between two moments, and what answered it later."""

    bars: Sequence[RestatedBar]
    bars_total: int
    features: Sequence[RestatedFeatures]
    signals: Sequence[RestatedSignal]
    answers: Sequence[RestatedSignal]


def change_between(before: object | None, after: object | None) -> Change:
    """Which of the two is there."""
    if before is None:
        return "appeared"
    return "vanished" if after is None else "changed"
