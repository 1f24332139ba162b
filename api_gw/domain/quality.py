"""How good the data is: of each source, and of each instrument's price. Frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from kernel.series import Kind

WINDOW_DAYS = 30


class Reject(NamedTuple):
    """Refused rows of one source and reason."""

    reason: str
    waiting: int
    resolved: int
    newest_refused_at: datetime


@dataclass(frozen=True)
class SourceQuality:
    """One source over the trailing window. Counts of rows; days are UTC days."""

    source: str
    days_covered: int
    days_expected: int
    tried_day: date
    newest_day: date | None
    newest_sale_at: datetime | None
    loaded_at: datetime | None
    rows_newest: int
    rows_usual: float | None
    rows_read: int
    rows_refused: int
    rejects: tuple[Reject, ...] = ()

    @property
    def coverage(self) -> float:
        """Days covered by loads among those expected, a fraction."""
        return self.days_covered / self.days_expected

    @property
    def refused(self) -> float | None:
        """Rows refused among those read in the window, a fraction; None without rows."""
        return self.rows_refused / self.rows_read if self.rows_read else None


@dataclass(frozen=True)
class Divergence:
    """An instrument whose price is not believed, and by which rule."""

    card_id: str
    grade_code: str
    rule: str
    ratio: float
    opened_at: datetime


@dataclass(frozen=True)
class Confidence:
    """How far the price of an instrument can be trusted, of one kind of bar over ninety days.

    Without a bar in these days it is stale, and `price_day` is the newest there is of any kind.
    """

    card_id: str
    grade_code: str
    kind: Kind
    price_cents: int
    price_day: date
    bars: int
    volume: int
    spread: float | None
    age_days: int

    @property
    def stale(self) -> bool:
        """Whether the ninety days hold no price at all."""
        return self.bars == 0


@dataclass(frozen=True)
class Certainty:
    """The least certain prices, how many there are in all, and how many of them are stale."""

    prices: Sequence[Confidence]
    total: int
    stale: int


@dataclass(frozen=True)
class Quality:
    """Everything about the quality of the data at a moment."""

    day: date
    sources: Sequence[SourceQuality]
    divergences: Sequence[Divergence]
    divergences_total: int
    certainty: Certainty
