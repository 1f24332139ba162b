"""Loading a million sales, 5 % of them repeats, against the plain recipe: into 60 months that are
not there yet, and half as many once more into these months, which then hold the first ones.

Timed is what the job `load_trades` does, from validated records to committed rows with the work
marked: months are made, sales merged, days marked for bars, the ledger written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

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


def one_round(
    site: Site, first: pl.DataFrame, second: pl.DataFrame
) -> Iterator[tuple[float, float]]:
    """Seconds of ours and of the plain recipe: into new months, then into the same months."""
    loaded = 0
    with fresh_database(site, "bench_loading") as database:
        plain_recipe.prepare(database, FIRST_DAY, MONTHS)
        for records in (first, second):
            ours = seconds(partial(load, database, records))
            plain = seconds(partial(plain_recipe.load, database, records))
            loaded += records.get_column("record_id").n_unique()
            for table in ("market.trades", "plain.trades"):
                if rows_in(database, table) != loaded:
                    raise AssertionError(f"{table} has not the {loaded} sales that were loaded")
            yield ours, plain


def measure() -> Iterator[Result]:
    """Rows a second of both, the median round."""
    first = with_repeats(sales(scaled(SALES)), REPEATED)
    second = with_repeats(sales(scaled(SALES // 2), seed=2), REPEATED)
    with stores() as site:
        rounds = [list(one_round(site, first, second)) for _ in range(ROUNDS)]
    against = "plain recipe: polars dedup, binary COPY, ON CONFLICT on a text key"
    for name, records, told in (
        ("load, 60 new months", first, [one[0] for one in rounds]),
        ("load, months that exist", second, [one[1] for one in rounds]),
    ):
        ours, plain = (sorted(column)[ROUNDS // 2] for column in zip(*told, strict=True))
        rate, reference = records.height / ours, records.height / plain
        yield Result(name, rate, reference, 2.0, "rows/s", against, aim=3.0)
