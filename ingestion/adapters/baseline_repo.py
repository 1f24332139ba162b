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
select day, (rows_by_table ->> %(table)s)::int from market.loads
where source = %(source)s and rows_by_table ? %(table)s and day < %(day)s and day >= %(first)s
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

# A printing that was added to a catalog's card has a tilde in its id.
CATALOG = """
select s.set_id, c.card_id, c.number, c.edition, c.finish, c.language
from market.sets s left join market.cards c on c.set_id = s.set_id and c.card_id not like '%~%'
where s.game = 'pokemon'
"""
CATALOG_SCHEMA: Schema = dict.fromkeys(
    ("set_id", "card_id", "number", "edition", "finish", "language"), pl.String
)


@dataclass(frozen=True)
class BaselineRepo:
    """Port Baselines; every question is a transaction of its own."""

    connect: Callable[[], AbstractContextManager[psycopg.Connection]]

    def nights(self, table: str, source: str, day: date) -> Nights:
        """Rows that the source's loads of the month before the day had for the table."""
        asked = {"table": table, "source": source, "day": day, "first": day - MONTH}
        with self.connect() as connection:
            rows = connection.execute(NIGHTS, asked).fetchall()
        return Nights([told for _, told in rows], rows[-1][0] if rows else None)

    def catalog(self) -> pl.DataFrame:
        """Sets and cards as they are stored."""
        with self.connect() as connection:
            return read_frame(connection, CATALOG, CATALOG_SCHEMA)

    def usual_prices(self, instruments: pl.DataFrame, day: date) -> pl.DataFrame:
        """card_id, grade_code and usual_cents of those that had a price before the day."""
        wanted = instruments.select("card_id", "grade_code", before=pl.lit(day))
        with self.connect() as connection:
            stage_frame(connection, "wanted_usual", wanted)
            return read_frame(connection, USUAL, USUAL_SCHEMA)
