"""What was done, what is refused, what is still to do."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

import polars as pl

from ingestion.domain.backfill import BackfillRequest, Run, Step


class Ledger(Protocol):
    """What each job did for a source and day."""

    def note(
        self,
        source: str,
        day: date,
        job: str,
        *,
        read: int,
        written: int,
        quarantined: int,
        first: date | None = None,
        by_table: Mapping[str, int] | None = None,
    ) -> None:
        """Replace the row of (source, day, job); `first` begins the window that a fetch asked.

        `by_table`: the rows that the run had for each table, none included.
        """

    def last_day(self, source: str, job: str, *, before: date) -> date | None:
        """The newest day before that for which the job was done; None if there is none."""


class Cursors(Protocol):
    """How far each source was read."""

    def position(self, source: str, stream: str = "") -> str | None:
        """Where the source was read to, as it counts; None before the first time."""

    def positions(self, source: str, prefix: str) -> dict[str, str]:
        """The position of each stream whose name begins so."""

    def first_asked(self, source: str) -> date | None:
        """The first day that any fetch of the source asked for."""

    def move(self, source: str, position: str, stream: str = "") -> None:
        """Note where it was read to, in this transaction."""

    def move_all(self, source: str, position: str, streams: Sequence[str]) -> None:
        """Note one position for several streams, in this transaction."""


class Quarantine(Protocol):
    """Refused rows, kept one by one."""

    def keep(
        self, source: str, rejects: pl.DataFrame, keys: Mapping[str, str], *, mapped_as: str
    ) -> int:
        """Add rejects that are not there yet; the number added. `mapped_as`: whose product map."""

    def resolve(self, source: str, accepted: pl.Series) -> int:
        """Close those that were taken after all; the number closed."""


class Reread(NamedTuple):
    """A run day whose raw rows wait to be screened again, and since when."""

    source: str
    day: date
    queued_at: datetime


class Rereads(Protocol):
    """Run days that wait for another reading, since something was learned of their products."""

    def note_titled(self, mapped_as: str, source: str, day: date, products: pl.DataFrame) -> None:
        """Remember that the day has rows of these products, which only titles map."""

    def queue(
        self, mapped_as: str, products: Sequence[str], *, but: tuple[str, date] | None = None
    ) -> int:
        """Queue the days that have refused rows of the products, or rows that titles mapped."""

    def waiting(self, *, most: int, tries: int) -> list[Reread]:
        """Days that wait and were tried less often than that, the longest waiting first."""

    def done(self, reread: Reread) -> None:
        """Take it out, unless it was queued again meanwhile."""

    def failed(self, reread: Reread, why: str) -> None:
        """Let it wait behind the others, with the reason."""

    def left(self) -> int:
        """How many days wait, those that are not tried any more included."""


class WorkSet(Protocol):
    """The dirty set, as frames with card_id, grade_code, day, as_of, through and generation.

    The work is on all days from `day` to `through`, which is `day` or later in the same month.
    """

    def claim(self, name: str) -> None:
        """Let one run at a time do work of this name, until this transaction ends."""

    def pending(self, stage: str, *, of: pl.DataFrame | None = None) -> pl.DataFrame:
        """Work of a stage, with the generation judged in `judged`: on all instruments, or on those
        `of` names by card_id and grade_code."""

    def mark(self, stage: str, rows: pl.DataFrame, *, judged: bool = False) -> int:
        """Add work in this transaction."""

    def judge(self, rows: pl.DataFrame) -> int:
        """Note that the outliers of these generations were judged."""

    def clear(self, stage: str, rows: pl.DataFrame) -> int:
        """Remove what was done where the generation is unchanged."""


class Partitions(Protocol):
    """Month partitions of the three big tables."""

    def ensure(self, table: str, days: Collection[date]) -> int:
        """Make those of the days' months that are missing; the number made."""


class Backfills(Protocol):
    """Plans of backfills and how far they are done."""

    def runs(self, sources: Sequence[str], first: date, last: date) -> list[Run]:
        """What the ledger tells of runs that asked for any of the days."""

    def keep(self, backfill_id: str, request: BackfillRequest, planned: Sequence[Step]) -> bool:
        """Store the plan of an id that has none; whether it was stored now."""

    def request(self, backfill_id: str) -> BackfillRequest | None:
        """What was asked for under an id; None for an unknown one."""

    def open_steps(self, backfill_id: str) -> list[Step]:
        """What is not done yet, in order of days; what failed is tried again."""

    def note(
        self,
        backfill_id: str,
        step: Step,
        *,
        state: str,
        reason: str = "",
        read: int = 0,
        added: int = 0,
    ) -> None:
        """How a step ended."""

    def outcome(self, backfill_id: str) -> tuple[dict[str, int], list[str]]:
        """Counts of the whole backfill, and a line for each step that failed."""

    def finish(self, backfill_id: str) -> None:
        """Note that everything is done."""

    def rows_stored(self, request: BackfillRequest) -> int:
        """Sales and figures of the sources that the tables hold of these days."""

    def median_nights(self, sources: Sequence[str]) -> dict[str, float]:
        """Rows of a source's median day, of late; without those that have none."""

    def price_days(self, request: BackfillRequest) -> pl.DataFrame:
        """Days of the instruments with a price: all of them, or those without a bar."""
