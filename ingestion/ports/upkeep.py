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
        """Make archived months of these days part of the table again; how many. No other month is
        archived until the transaction ends. Raises MonthLost."""

    def months_of(self, table: str, keys: pl.Series) -> list[date]:
        """The archived months of the sales or figures with these ids."""

    def months_refused(self, source: str) -> list[date]:
        """The archived months of sales whose refusals no load has looked at yet."""

    def hold(self) -> None:
        """Nothing is archived or attached until the transaction ends: the whole past can be read.

        Raises MonthLost.
        """


class MonthFilters(Protocol):
    """What tells which months may hold a sale."""

    def renew(self) -> int:
        """Filter anew the months that sales came to since they were, and those that never were;
        how many."""


class Sweeper(Protocol):
    """Takes back the room of dead rows."""

    def sweep(self, *, within_s: float) -> tuple[list[str], int]:
        """Tables that were done, and how many are left to another night."""
