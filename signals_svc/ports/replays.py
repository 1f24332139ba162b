"""Signals of a past that is walked through again."""

from collections.abc import Set
from datetime import datetime
from typing import Protocol

import polars as pl


class ReplayStore(Protocol):
    """Append-only, apart from what was said."""

    def nights(self) -> Set[datetime]:
        """As-of times that were replayed already."""
        ...

    def add(self, rows: pl.DataFrame) -> int:
        """Append the signals of whole nights; rows added. Columns ROWS of usecases.replay."""
        ...
