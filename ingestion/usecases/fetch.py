"""Stores what a source has for a window of days, as received, piece by piece."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import structlog

from ingestion.domain.cursors import moved, window
from ingestion.domain.errors import BudgetSpent
from ingestion.domain.records import Gathered, Window
from ingestion.domain.rounds import Round, owed_from
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.rounds import go_on, keep_round, last_round

log = structlog.get_logger()

Now = Callable[[], datetime]


def window_of(unit: Unit, source: str, *, since: date | None, day: date) -> Window:
    """The days to ask for, by the cursor and by what was loaded; see domain/cursors.py.

    Days that a round was to read and did not finish are asked for again, whoever asks next.
    """
    position = unit.cursors.position(source)
    asked = window(
        day,
        since=since,
        read_through=date.fromisoformat(position) if position else None,
        loaded=unit.ledger.last_day(source, "load_trades", before=day),
        first_asked=unit.cursors.first_asked(source),
    )
    unread = owed_from(last_round(unit, source), owes=_owes(unit, source))
    if since is not None or unread is None:
        return asked
    return Window(min(asked.first, unread), day)


@dataclass
class Fetched:
    """What a run has stored of its round so far. `round` is None for files: they have none."""

    source: str
    asked: Window
    round: Round | None
    left: set[str]
    rows: int = 0
    size: int = 0
    keys: list[str] = field(default_factory=list)

    def keep(self, units: Units, source: Source, piece: Gathered, now: datetime) -> None:
        """Raw parts first, then in one transaction what says that they are there."""
        rows = source.read(piece.receipt).rows.height
        with units() as unit:
            self.keys += unit.raw.store(piece.receipt, fetched_at=now)
            self.rows += rows
            self.size += sum(len(part.body) for part in piece.receipt.parts)
            self.left.difference_update(piece.subjects)
            self._note(unit, piece, rows)
        log.info("raw.stored", source=self.source, day=str(self.asked.last), rows=rows)

    def _note(self, unit: Unit, piece: Gathered, rows: int) -> None:
        """A round that is not over leaves no trace in the ledger: the day is not yet fetched."""
        total = self.rows
        if self.round is not None:
            this = self.round.with_piece(rows=rows, asked=len(piece.subjects))
            self.round = this if self.left else this.closed()
            keep_round(unit, self.source, self.round, piece.subjects)
            total = self.round.rows
        if self.left:
            return
        first, last = self.asked.first, self.asked.last
        unit.ledger.note(
            self.source, last, "fetch", read=total, written=total, quarantined=0, first=first
        )
        if self.round is not None:
            _move_cursor(unit, self.source, self.asked)


def fetch(
    units: Units,
    source: Source,
    asked: Window,
    *,
    path: Path | None,
    item_map: Path | None,
    now: Now,
) -> Mapping[str, object]:
    """Raw parts and their manifests, each piece kept before the next is asked for.

    A run that has asked long enough, was killed or failed has kept what it received; the next one
    of this window asks for the rest, and the cursor moves when all is there. Raises what the source
    raises, but for BudgetSpent after something was kept: then `left` says how much there is to do.
    """
    name = source.mapping.source
    done = Fetched(name, asked, None, set())
    subjects: list[str] = []
    if path is None:
        with units() as unit:
            every, owes = source.subjects(asked), _owes(unit, name)
            done.round, subjects = go_on(unit, name, asked, every, owes=owes)
        done.left = set(subjects)
    try:
        for piece in source.collect(asked, subjects, path=path, item_map=item_map):
            done.keep(units, source, piece, now())
    except BudgetSpent as spent:
        if not done.keys:
            raise
        log.warning("fetch.unfinished", source=name, left=len(done.left), detail=str(spent))
    return {
        "source": name,
        "since": str(asked.first),
        "date": str(asked.last),
        "rows": done.rows,
        "objects": len(done.keys),
        "bytes": done.size,
        "complete": not done.left,
        "left": len(done.left),
    }


def _owes(unit: Unit, source: str) -> bool:
    """Whether the cursor waits for the last round: a backfill of old days has its own plan."""
    last, position = last_round(unit, source), unit.cursors.position(source)
    read_through = date.fromisoformat(position) if position else None
    return last is not None and moved(read_through, last.window) is not None


def _move_cursor(unit: Unit, source: str, asked: Window) -> None:
    position = unit.cursors.position(source)
    now_at = moved(date.fromisoformat(position) if position else None, asked)
    if now_at is not None:
        unit.cursors.move(source, str(now_at))
