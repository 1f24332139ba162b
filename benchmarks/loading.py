"""Loading a million sales, 5 % of them repeats, into 60 empty months, against the plain recipe.

Timed is what the job `load_trades` does, from validated records to committed rows with the work
marked: months are made, sales merged, days marked for bars, the ledger written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from benchmarks import plain_recipe
from benchmarks.claim import Result, scaled, seconds
from benchmarks.sales import FIRST_DAY, LAST_DAY, MONTHS, SOURCE, sales, with_repeats
from benchmarks.stores import Database, fresh_database, stores
from ingestion.app import unit_of
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.load_trades import load_trades
from kernel.lake import Lake
from stack.site import Site

SALES = 1_000_000
REPEATED = 0.05
ROUNDS = 3


@dataclass(frozen=True)
class Held:
    """Port TrustedZone: validated records that were read already."""

    records: pl.DataFrame

    def write(self, source: str, day: date, records: pl.DataFrame) -> None:
        """Nothing here writes records."""
        raise NotImplementedError

    def read(self, source: str, day: date) -> pl.DataFrame:
        """The records, whatever the day."""
        return self.records


def load(database: Database, records: pl.DataFrame, day: date = LAST_DAY) -> None:
    """What the job does, each step in its transaction."""
    lake, held = Lake("bench"), Held(records)
    with database.connect() as connection:
        make_room(replace(unit_of(connection, lake), trusted=held), SOURCE, day)
    with database.connect() as connection:
        load_trades(replace(unit_of(connection, lake), trusted=held), SOURCE, day)


def rows_in(database: Database, table: str) -> int:
    """Rows of a table: a load that lost some would be fast."""
    with database.connect() as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 (constants only)
        return row[0] if row else 0


def one_round(site: Site, records: pl.DataFrame) -> tuple[float, float]:
    """Seconds of ours and of the plain recipe."""
    different = records.get_column("record_id").n_unique()
    with fresh_database(site, "bench_loading") as database:
        plain_recipe.prepare(database, FIRST_DAY, MONTHS)
        ours = seconds(lambda: load(database, records))
        plain = seconds(lambda: plain_recipe.load(database, records))
        for table in ("market.trades", "plain.trades"):
            if rows_in(database, table) != different:
                raise AssertionError(f"{table} has not the {different} sales that were loaded")
    return ours, plain


def measure() -> Iterator[Result]:
    """Rows a second of both, the median round."""
    records = with_repeats(sales(scaled(SALES)), REPEATED)
    with stores() as site:
        rounds = [one_round(site, records) for _ in range(ROUNDS)]
    ours, plain = (sorted(column)[ROUNDS // 2] for column in zip(*rounds, strict=True))
    rate, reference = records.height / ours, records.height / plain
    against = "plain recipe: polars dedup, binary COPY, ON CONFLICT on a text key"
    yield Result("load, 60 new months", rate, reference, 2.0, "rows/s", against, aim=3.0)
