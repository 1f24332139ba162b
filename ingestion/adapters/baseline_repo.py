"""SQL of what a run is compared with: the loads of the trailing month and the usual prices."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.expectations import Nights
from ingestion.domain.records import Schema
from kernel.db.staging import stage_frame

MONTH = timedelta(days=31)

NIGHTS = """
select day, rows_read from market.loads
where source = %s and job = 'load_trades' and day < %s and day >= %s
order by day
"""

# The median close of the instrument's ninety days before the run, whatever the kind of bar.
USUAL = """
select card_id, grade_code,
  percentile_disc(0.5) within group (order by close_cents)::bigint as usual_cents
from market.prices_daily join wanted_usual using (card_id, grade_code)
where day < before and day >= before - 90
group by card_id, grade_code
"""
USUAL_SCHEMA: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "usual_cents": pl.Int64,
}


@dataclass(frozen=True)
class BaselineRepo:
    """Port Baselines; every question is a transaction of its own."""

    connect: Callable[[], AbstractContextManager[psycopg.Connection]]

    def nights(self, source: str, day: date) -> Nights:
        """Rows read by the source's loads in the month before the day."""
        with self.connect() as connection:
            rows = connection.execute(NIGHTS, (source, day, day - MONTH)).fetchall()
        return Nights([read for _, read in rows], rows[-1][0] if rows else None)

    def usual_prices(self, instruments: pl.DataFrame, day: date) -> pl.DataFrame:
        """card_id, grade_code and usual_cents of those that had a price before the day."""
        wanted = instruments.select("card_id", "grade_code", before=pl.lit(day))
        with self.connect() as connection:
            stage_frame(connection, "wanted_usual", wanted)
            return read_frame(connection, USUAL, USUAL_SCHEMA)
