"""Signals to be scored, and what was said to have come of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import polars as pl


class ScoreStore(Protocol):
    """Append-only scores; claims have the columns CLAIMS of domain.score_frames."""

    def due(self, *, since: datetime, moment: datetime, after: Sequence[int]) -> pl.DataFrame:
        """Signals of nights since then that have no score after days that were over by the moment.

        Of the days those up to the signal's own horizon.
        """
        ...

    def standing(self, *, since: datetime, moment: datetime) -> pl.DataFrame:
        """Claims with their newest score, if that is older than the moment, of instruments whose
        past prices changed since; columns CLAIMS and STANDING.
        """
        ...

    def add(self, scores: pl.DataFrame) -> int:
        """Append versions; rows added. Columns ROWS."""
        ...

    def count(self) -> None:
        """Let readers' planner know how many scores and replayed signals there are now."""
        ...
