"""Months that are put away, and room that is taken back."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple, Protocol

import polars as pl


class Fingerprint(NamedTuple):
    """How many rows a month of a table has, and a digest of them that knows no order."""

    rows: int
    digest: int


class Archive(Protocol):
    """Months of the tables of prices that are put away."""

    def old_months(self, table: str, before: date) -> list[date]:
        """Attached months before that day's, the oldest first."""

    def fingerprint(self, table: str, month: date) -> Fingerprint:
        """What the month holds now."""

    def rows(self, table: str, month: date) -> pl.DataFrame:
        """Every column of a month's rows in key order."""

    def detach(self, table: str, month: date, told: Fingerprint, *, key: str, sha256: str) -> str:
        """`archived`, if the month still is what was read; else `busy` or `changed`."""

    def attach(self, table: str, days: Collection[date]) -> int:
        """Make archived months of these days part of the table again; how many."""

    def settled_before(self) -> date | None:
        """Verdicts on prices before this day are not judged again; None where nothing is away."""


class Sweeper(Protocol):
    """Takes back the room of dead rows."""

    def sweep(self, *, within_s: float) -> tuple[list[str], int]:
        """Tables that were done, and how many are left to another night."""
