"""What records are held against before a table is touched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import polars as pl

from ingestion.domain.contracts import Contract
from ingestion.domain.expectations import Nights
from kernel.expectations import Checked, Expectation


class Baselines(Protocol):
    """What a run is compared with; each question is a transaction of its own."""

    def nights(self, table: str, source: str, day: date) -> Nights:
        """Rows that the source's loads of the month before the day had for the table."""

    def catalog(self) -> pl.DataFrame:
        """Every set of the card game and the cards of it that catalogs tell, without the printings
        that were added to them: set_id, and card_id, number, edition, finish, language or nulls."""

    def usual_prices(self, instruments: pl.DataFrame, day: date) -> pl.DataFrame:
        """card_id, grade_code and usual_cents of those that had a price before the day."""


@dataclass(frozen=True)
class Yardstick:
    """What records are held against before any table is touched, and where the outcome is kept."""

    baselines: Baselines
    contract: Callable[[str], Contract]
    run: Callable[[str, pl.DataFrame, Sequence[Expectation]], Sequence[Checked]]
    keep_report: Callable[[str, str], None]  # key in the trusted zone, HTML
