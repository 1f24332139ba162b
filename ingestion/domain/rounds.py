"""Decides whom a run still has to ask, so that a collection goes on where it stopped. No I/O.

A round asks every subject (a product, a card's words, a day) once for one window, in as many runs
as it takes. Rounds of a source are numbered, and a subject's cursor is the round that asked it
last: no clock has a say in what is done.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingestion.domain.records import Window

NEVER = 0


@dataclass(frozen=True)
class Round:
    """One collection. Counts so far: rows read, shaped for the table and added,
    subjects asked and those that told.

    `owed_from` is the first day that earlier rounds were to read and did not finish.
    """

    number: int
    window: Window
    rows: int = 0
    shaped: int = 0
    added: int = 0
    asked: int = 0
    told: int = 0
    is_open: bool = True
    owed_from: date | None = None

    def text(self) -> str:
        """As a cursor keeps it."""
        return json.dumps(
            {
                "round": self.number,
                "first": str(self.window.first),
                "last": str(self.window.last),
                "rows": self.rows,
                "shaped": self.shaped,
                "added": self.added,
                "asked": self.asked,
                "told": self.told,
                "open": self.is_open,
                "owed_from": str(self.owed_from) if self.owed_from else None,
            }
        )

    def with_piece(
        self, *, rows: int, asked: int, shaped: int = 0, added: int = 0, told: int = 0
    ) -> "Round":
        """After a piece was kept."""
        return replace(
            self,
            rows=self.rows + rows,
            shaped=self.shaped + shaped,
            added=self.added + added,
            asked=self.asked + asked,
            told=self.told + told,
        )

    def closed(self) -> "Round":
        """After its last subject: what was owed from a day it has read is owed no more."""
        owed = self.owed_from
        paid = owed is not None and self.window.first <= owed
        return replace(self, is_open=False, owed_from=None if paid else owed)


def round_of(text: str) -> Round:
    """What `Round.text` wrote."""
    told = json.loads(text)
    window = Window(date.fromisoformat(told["first"]), date.fromisoformat(told["last"]))
    owed = told["owed_from"]
    return Round(
        number=told["round"],
        window=window,
        rows=told["rows"],
        shaped=told["shaped"],
        added=told["added"],
        asked=told["asked"],
        told=told["told"],
        is_open=told["open"],
        owed_from=date.fromisoformat(owed) if owed else None,
    )


def next_round(last: Round | None, window: Window, *, owes: bool) -> Round:
    """The open round of the window, or a new one.

    `owes`: whether days of the last round stay unread if it is not finished; then its first day is
    owed, and later windows begin there.
    """
    if last is None:
        return Round(1, window)
    if last.is_open and last.window == window:
        return last
    return Round(last.number + 1, window, owed_from=owed_from(last, owes=owes))


def owed_from(last: Round | None, *, owes: bool) -> date | None:
    """The first day that still has to be read; None: nothing is owed."""
    if last is None:
        return None
    if not (last.is_open and owes):
        return last.owed_from
    return min(last.owed_from or last.window.first, last.window.first)


def still_to_ask(subjects: Sequence[str], asked: Mapping[str, int], number: int) -> list[str]:
    """The subjects this round has not asked: those asked longest ago first, then in their order."""
    left = [subject for subject in dict.fromkeys(subjects) if asked.get(subject, NEVER) < number]
    return sorted(left, key=lambda subject: asked.get(subject, NEVER))
