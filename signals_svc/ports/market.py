"""What use cases need of schema `market`: bars, catalog and announced work."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, datetime
from typing import NamedTuple, Protocol

from kernel.ids import Instrument
from signals_svc.domain.bars import Bars
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.facts import Facts


class Work(NamedTuple):
    """One row of the dirty set: an instrument whose event day changed, wanted as of a night."""

    card_id: str
    grade_code: str
    day: date
    as_of: date
    generation: int


class Prices(Protocol):
    """The market's read model."""

    def known(self, *, as_of: date, lookback_days: int, moment: datetime | None = None) -> Bars:
        """Bars of the lookback as they were known at the end of the day, or at another moment."""
        ...

    def versions(self, *, first: date, last: date) -> Bars:
        """Every version of the bars between, known by the end of `last`."""
        ...

    def divergent(self, *, as_of: date) -> Mapping[Instrument, float]:
        """Instruments whose prices on the day cannot all be right, and by which factor."""
        ...

    def facts(self, *, first: date, last: date, moment: datetime | None = None) -> Facts:
        """Every row of the facts that features of these days may see, known by `last`'s end, or at
        another moment."""
        ...

    def disbelieved(self, moment: datetime) -> Set[Instrument]:
        """Instruments that were flagged at the moment, whatever was learned of it later."""
        ...

    def catalog(self) -> Catalog:
        """Set and release date of every card."""
        ...


class DirtySet(Protocol):
    """Work announced by the producer of prices, stage `signals`."""

    def pending(self) -> list[Work]:
        """All work, oldest night first."""
        ...

    def clear(self, done: Sequence[Work]) -> int:
        """Remove what was done, unless it was marked again meanwhile."""
        ...

    def mark(self, instruments: Collection[Instrument], *, as_of: date) -> int:
        """Ask for signals of these instruments as of a day."""
        ...
