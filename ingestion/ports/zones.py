"""The zones of the lake."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import polars as pl

from ingestion.domain.contracts import Contract
from ingestion.domain.curated import CuratedTable
from ingestion.domain.records import Receipt


class RawZone(Protocol):
    """As received, by source and run day; a fetch's manifest, written last, makes it count."""

    def store(self, receipt: Receipt, *, fetched_at: datetime) -> Sequence[str]:
        """Keep the parts and then the manifest; the same bytes are the same keys."""

    def load(self, source: str, day: date) -> tuple[Sequence[Receipt], Mapping[str, str]]:
        """Every fetch of the day in order, and each part's key by its name. Raises NotFetched."""


class TrustedZone(Protocol):
    """Validated, deduplicated records by source and run day, one object each."""

    def write(self, source: str, day: date, records: pl.DataFrame) -> None:
        """Replace the object."""

    def read(self, source: str, day: date) -> pl.DataFrame:
        """Records as TRUSTED. Raises NotFetched."""


class CuratedZone(Protocol):
    """Tables as hive-partitioned parquet by month, for Athena and DuckDB."""

    def replace(self, table: str, month: date, rows: pl.DataFrame) -> None:
        """Write the month's object whole; without rows it is removed."""

    def months(self, table: str) -> list[str]:
        """The months that have an object, as 2024-05, in order."""

    def states(self, table: str) -> dict[str, str]:
        """What each month held when it was last written; nothing where nobody noted it."""

    def note(self, table: str, states: Mapping[str, str]) -> None:
        """Note what each month holds, after its object was written."""


class FactMonths(Protocol):
    """The outside facts, as analysts read them: population and sentiment_daily."""

    def states(self, table: str) -> dict[str, str]:
        """By month as 2024-05, a text that differs whenever the month's rows do."""

    def month(self, table: str, month: date) -> pl.DataFrame:
        """The rows of one month, in order of their day, card and knowledge."""


class CuratedCatalog(Protocol):
    """Where Athena finds the curated tables."""

    def register(
        self, table: CuratedTable, contract: Contract, months: Collection[str]
    ) -> tuple[int, int]:
        """Describe the table and make its partitions these months; those added and removed."""


class ArchiveZone(Protocol):
    """Whole rows of archived months, as parquet."""

    def write(self, table: str, month: date, rows: pl.DataFrame) -> tuple[str, str]:
        """Write the month's object whole; its key, and the SHA-256 of what was sent."""

    def read(self, key: str) -> tuple[pl.DataFrame, str]:
        """The rows of an object, and the SHA-256 of what the lake gave."""
