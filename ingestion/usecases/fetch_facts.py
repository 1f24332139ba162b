"""Asks what is known beside prices, keeps it as received, and adds what is new."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl
import structlog

from ingestion.domain.errors import BudgetSpent, SourceSilent
from ingestion.domain.facts import Fact
from ingestion.domain.records import Gathered, Receipt, Window
from ingestion.domain.rounds import Round
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.rounds import go_on, keep_round
from kernel.errors import DomainError, Unavailable

log = structlog.get_logger()

SILENT_FROM = 50  # subjects: fewer may be unlucky, as cards nobody writes about
FEW = 0.1  # of the subjects asked: a source that tells of fewer is looked at

Now = Callable[[], datetime]


class FactSource(Protocol):
    """Where one fact is told."""

    @property
    def source(self) -> str:
        """The name its rows stand under, and its raw parts."""

    def collect(self, subjects: Any, window: Window, now: Now) -> Iterator[Gathered]:
        """Everything about the subjects as received, piece by piece; see ports/sources.py."""

    def read(self, receipt: Receipt) -> pl.DataFrame:
        """The rows of what was received."""


# What to ask for, and how rows as read become the table's.
Subjects = Callable[[Unit, date], Mapping[str, Any]]
Shape = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Plan:
    """One source of one fact: whom to ask about what, and for which table."""

    source: FactSource
    table: Fact
    subjects: Subjects
    shape: Shape


# Looks at a source's rows before anything is written; its summary joins the source's.
# Whole: all rows of a round that one run asked, by whose number its volume is judged.
CheckFacts = Callable[[Fact, str, date, pl.DataFrame, bool], Mapping[str, object]]


def unchecked_facts(
    table: Fact, source: str, day: date, rows: pl.DataFrame, whole: bool
) -> Mapping[str, object]:
    """No further check."""
    return {}


def fetch_facts(
    units: Units,
    plans: Sequence[Plan],
    day: date,
    *,
    now: Now,
    check: CheckFacts = unchecked_facts,
) -> Mapping[str, object]:
    """Each plan by itself: a source that is down stops no other, and fails the job at its end."""
    told: list[Mapping[str, object]] = []
    failures: list[DomainError] = []
    for plan in plans:
        try:
            told.append(_fetch(units, plan, day, now, check))
        except DomainError as error:
            log.warning("facts.failed", source=plan.source.source, detail=str(error))
            failures.append(error)
    if failures:
        # One that is worth a retry is told before one that is not: the others are done by then.
        raise next((one for one in failures if isinstance(one, Unavailable)), failures[0])
    return {"date": str(day), "sources": told}


def _fetch(
    units: Units, plan: Plan, day: date, now: Now, check: CheckFacts
) -> Mapping[str, object]:
    """Raw parts and rows of the table, each piece kept before the next is asked for.

    A run that has asked long enough, was killed or failed has kept what it received; the next one
    of this day asks for the rest, that of another day begins with it. Raises SourceSilent.
    """
    name, window = plan.source.source, Window(day, day)
    with units() as unit:
        wanted = plan.subjects(unit, day)
        this, left = go_on(unit, name, window, list(wanted))
    done = Added(plan, day, wanted, this, set(left))
    subjects = {subject: wanted[subject] for subject in left}
    try:
        for piece in plan.source.collect(subjects, window, now):
            done.keep(units, piece, now(), check)
    except BudgetSpent as spent:
        if not done.asked:
            raise
        log.warning("facts.unfinished", source=name, left=len(done.left), detail=str(spent))
    done.look_for_silence(units)
    log.info("facts.added", source=name, table=plan.table, rows=done.rows, added=done.added)
    return done.summary()


@dataclass
class Added:
    """What a run has added of its round so far."""

    plan: Plan
    day: date
    wanted: Mapping[str, Any]
    round: Round
    left: set[str]
    asked: int = 0
    told: int = 0
    read: int = 0
    rows: int = 0
    added: int = 0
    pieces: list[pl.DataFrame] = field(default_factory=list)
    checked: Mapping[str, object] = field(default_factory=dict)

    def keep(self, units: Units, piece: Gathered, now: datetime, check: CheckFacts) -> None:
        """Raw parts first, then in one transaction rows of the table, ledger and cursors.

        What is told is known from `now` on, whatever day it speaks of. Asking again adds only what
        differs.
        """
        source, table, name = self.plan.source, self.plan.table, self.plan.source.source
        read = source.read(piece.receipt)
        rows = self.plan.shape(read)
        self.pieces.append(rows)
        whole = self.left <= set(piece.subjects) and self.round.asked == self.asked
        seen = pl.concat(self.pieces) if whole else rows
        self.checked = check(table, name, self.day, seen, whole) or self.checked
        told = self._told(piece, read)
        with units() as unit:
            unit.raw.store(piece.receipt, fetched_at=now)
            added = unit.told_facts.add(table, rows, source=name, known_at=now)
            self.left.difference_update(piece.subjects)
            this = self.round.with_piece(
                rows=read.height,
                shaped=rows.height,
                added=added,
                asked=len(piece.subjects),
                told=told,
            )
            self.round = this if self.left else this.closed()
            keep_round(unit, name, self.round, piece.subjects)
            if not (self.left or self._is_silent()):
                self._note(unit, now)
        self.asked, self.told = self.asked + len(piece.subjects), self.told + told
        self.read, self.rows = self.read + read.height, self.rows + rows.height
        self.added += added

    def look_for_silence(self, units: Units) -> None:
        """Raise SourceSilent, with the round closed so that the next run asks all again."""
        this, name = self.round, self.plan.source.source
        if self._is_silent():
            with units() as unit:
                keep_round(unit, name, this.closed(), ())
            raise SourceSilent(name, this.asked)
        if this.told < this.asked * FEW:
            log.warning("facts.few_told", source=name, asked=this.asked, told=this.told)

    def summary(self) -> Mapping[str, object]:
        """`asked` and `told` count subjects of this run, `left` those of the round still to ask."""
        return {
            "source": self.plan.source.source,
            "asked": self.asked,
            "told": self.told,
            "left": len(self.left),
            "read": self.read,
            "rows": self.rows,
            "added": self.added,
            **self.checked,
        }

    def _is_silent(self) -> bool:
        return self.round.told == 0 and self.round.asked >= SILENT_FROM

    def _told(self, piece: Gathered, read: pl.DataFrame) -> int:
        """Subjects of whose cards anything was told."""
        cards = set(read.get_column("card_id"))
        return sum(not cards.isdisjoint(_cards(self.wanted[one])) for one in piece.subjects)

    def _note(self, unit: Unit, now: datetime) -> None:
        name, this = self.plan.source.source, self.round
        unit.ledger.note(
            name,
            self.day,
            "fetch_facts",
            read=this.rows,
            written=this.added,
            quarantined=0,
            by_table={self.plan.table: this.shaped},
        )
        unit.cursors.move(name, now.isoformat())


def _cards(wanted: str | Sequence[str]) -> Sequence[str]:
    """The cards a subject stands for: a spec's one, or those of a term."""
    return [wanted] if isinstance(wanted, str) else wanted
