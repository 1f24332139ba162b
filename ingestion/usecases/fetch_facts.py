"""Asks what is known beside prices, keeps it as received, and adds what is new."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl
import structlog

from ingestion.domain.facts import Fact
from ingestion.domain.records import Receipt, Window
from ingestion.ports.unit import Unit, Units
from kernel.errors import DomainError, Unavailable

log = structlog.get_logger()


class FactSource(Protocol):
    """Where one fact is told."""

    @property
    def source(self) -> str:
        """The name its rows stand under, and its raw parts."""

    def collect(self, subjects: Any, window: Window, now: datetime) -> Receipt:
        """Everything about the subjects as received; raises before anything is stored."""

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
CheckFacts = Callable[[Fact, str, date, pl.DataFrame], Mapping[str, object]]


def unchecked_facts(
    table: Fact, source: str, day: date, rows: pl.DataFrame
) -> Mapping[str, object]:
    """No further check."""
    return {}


def fetch_facts(
    units: Units,
    plans: Sequence[Plan],
    day: date,
    *,
    now: datetime,
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
    units: Units, plan: Plan, day: date, now: datetime, check: CheckFacts
) -> Mapping[str, object]:
    """Raw parts, rows of the table, ledger and cursor, all or none of them.

    What is told is known from `now` on, whatever day it speaks of. Asking again adds only what
    differs.
    """
    with units() as unit:
        wanted = plan.subjects(unit, day)
    # Asking takes minutes, and a transaction must not idle for so long.
    source = plan.source
    receipt = source.collect(wanted, Window(day, day), now)
    read = source.read(receipt)
    rows = plan.shape(read)
    checked = check(plan.table, source.source, day, rows)
    with units() as unit:
        unit.raw.store(receipt, fetched_at=now)
        added = unit.told_facts.add(plan.table, rows, source=source.source, known_at=now)
        unit.ledger.note(
            source.source,
            day,
            "fetch_facts",
            read=read.height,
            written=added,
            quarantined=0,
            by_table={plan.table: rows.height},
        )
        unit.cursors.move(source.source, now.isoformat())
    log.info("facts.added", source=source.source, table=plan.table, rows=rows.height, added=added)
    return {
        "source": source.source,
        "asked": len(wanted),
        "read": read.height,
        "rows": rows.height,
        "added": added,
        **checked,
    }
