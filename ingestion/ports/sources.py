"""Where prices come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.records import Receipt, Window


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

    def collect(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """Everything of the window as received; raises before anything is stored."""

    def read(self, receipt: Receipt) -> Told:
        """The rows of what was received, by `collect` now or on another day."""
