"""Where prices come from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.records import Gathered, Receipt, Window


@dataclass(frozen=True)
class Told:
    """What a receipt says: `rows` as TOLD, `listed` as LISTED (empty without an item map)."""

    rows: pl.DataFrame
    listed: pl.DataFrame


class Source(Protocol):
    """Where prices come from."""

    @property
    def mapping(self) -> Format:
        """How its columns become prices."""

    @property
    def may_be_empty(self) -> bool:
        """Whether a run without a single usable row is an ordinary one."""

    def subjects(self, window: Window) -> Sequence[str]:
        """What it is asked about one by one: products or days; none where it is read as a whole."""

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        """What it has about these subjects in the window, as received, piece by piece.

        At least one piece, unless it raises. What was given out before an error is sound, and its
        subjects are done. Raises BudgetSpent where a run has asked long enough, SourceUnavailable,
        SourceRefused, CredentialRefused.
        """

    def read(self, receipt: Receipt) -> Told:
        """The rows of what was received, by `collect` now or on another day."""
