"""What is known beside prices."""

from datetime import date, datetime
from typing import Protocol

import polars as pl

from ingestion.domain.facts import Watched


class FactStore(Protocol):
    """What is known beside prices, append-only. Frames as in domain/facts.py."""

    def watched(self, day: date, most: int) -> list[Watched]:
        """The cards sold in the year before the day, those with most sales first."""

    def specs(self, source: str) -> dict[str, str]:
        """The card of each product of a source, as mapped now."""

    def add(self, table: str, rows: pl.DataFrame, *, source: str, known_at: datetime) -> int:
        """Add what differs from what was known before; the number added."""
