"""Prices, catalog and the dirty set of schema `market`, through the kernel's shared readers."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, datetime, timedelta

import psycopg

from kernel.days import end_of
from kernel.db import dirty
from kernel.db.facts import facts_known
from kernel.db.market import bar_versions, bars_as_of, divergent_on
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.bars import Bars, bars_of
from signals_svc.domain.cross_section import CardFacts, Catalog
from signals_svc.domain.facts import LOOKBACK, Facts
from signals_svc.ports.market import Work

CATALOG = """
select c.card_id, c.set_id, s.release_date
from market.cards c join market.sets s using (set_id)
order by c.card_id
"""

# A night is history for an instrument from the first word on a later night on.
LATER_WORDS = """
select s.card_id, s.grade_code, min(s.written_at) from signals.signals s
where (s.card_id, s.grade_code) in (
    select card_id, grade_code from market.divergences where as_of <= %(day)s)
  and s.asof_ts > %(ends)s
group by s.card_id, s.grade_code
"""

FLAGGED_AT = "select distinct card_id, grade_code from market.divergent_at(%s)"


class MarketPrices:
    """Port Prices."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def known(self, *, as_of: date, lookback_days: int, moment: datetime | None = None) -> Bars:
        """Bars of the lookback as they were known at the end of the day, or at another moment."""
        first = as_of - timedelta(days=lookback_days - 1)
        at = moment or end_of(as_of)
        frame = bars_as_of(self._connection, as_of=at, first=first, last=as_of)
        return bars_of(frame)

    def versions(self, *, first: date, last: date) -> Bars:
        """Every version of the bars between, known by the end of `last`."""
        return bars_of(bar_versions(self._connection, as_of=end_of(last), first=first, last=last))

    def divergent(self, *, as_of: date) -> Mapping[Instrument, float]:
        """Instruments whose prices on the day cannot all be right, and by which factor.

        A night that is made again after a later one is judged by the flags that were known then.
        """
        asked = {"day": as_of, "ends": end_of(as_of)}
        rows = self._connection.execute(LATER_WORDS, asked).fetchall()
        since = {Instrument(CardId(card), GradeCode(grade)): at for card, grade, at in rows}
        return divergent_on(self._connection, as_of, history_since=since)

    def facts(self, *, first: date, last: date, moment: datetime | None = None) -> Facts:
        """Every row of the facts that features of these days may see, known by `last`'s end, or at
        another moment."""
        at = moment or end_of(last)
        return Facts(*facts_known(self._connection, as_of=at, first=first - LOOKBACK, last=last))

    def disbelieved(self, moment: datetime) -> Set[Instrument]:
        """Instruments that were flagged at the moment, whatever was learned of it later."""
        rows = self._connection.execute(FLAGGED_AT, (moment,)).fetchall()
        return {Instrument(CardId(card), GradeCode(grade)) for card, grade in rows}

    def catalog(self) -> Catalog:
        """Set and release date of every card."""
        rows = self._connection.execute(CATALOG).fetchall()
        return {CardId(card): CardFacts(set_id, released) for card, set_id, released in rows}


class MarketDirtySet:
    """Port DirtySet: stage `signals` of market.dirty."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def pending(self) -> list[Work]:
        """All work, oldest night first."""
        return [Work(*row) for row in dirty.pending(self._connection, "signals")]

    def clear(self, done: Sequence[Work]) -> int:
        """Remove what was done, unless it was marked again meanwhile."""
        return dirty.clear(self._connection, "signals", [dirty.DirtyRow(*row) for row in done])

    def mark(self, instruments: Collection[Instrument], *, as_of: date) -> int:
        """Ask for signals of these instruments as of a day."""
        marks = [dirty.Mark(*one, day=as_of, as_of=as_of) for one in sorted(instruments)]
        return dirty.mark(self._connection, "signals", marks)
