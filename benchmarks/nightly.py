"""A night of 50,000 new sales over tables of 1 M and 5 M: loaded, judged, built into bars.

Ours is the time over the larger table, the reference that over the smaller one: 1 is perfect.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

import polars as pl
import psycopg

from benchmarks.claim import Result, scaled, seconds
from benchmarks.loading import load
from benchmarks.sales import nights, sales
from benchmarks.stores import Database, fresh_database, stores
from ingestion.app import unit_of
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.judge_outliers import judge_outliers
from kernel.lake import Lake
from stack.site import Site

NIGHT = 50_000
NIGHTS = 3
SMALL = 1_000_000
SIZES = (5_000_000,)
LARGE = (50_000_000,)
PART = 1_000_000  # sales made and loaded at a time
AT_MOST = 1.5


def settle(database: Database) -> None:
    """Forget the work of the first load, and let the planner know the table."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("delete from market.dirty")
        connection.execute("vacuum analyze market.trades")


def one_night(database: Database, night: pl.DataFrame) -> dict[str, float]:
    """Seconds of each job of a night."""

    @contextmanager
    def unit() -> Iterator[Unit]:
        with database.connect() as connection:
            yield unit_of(connection, Lake("bench"))

    def build() -> None:
        with unit() as one:
            build_bars(one)

    return {
        "load": seconds(partial(load, database, night)),
        "judging": seconds(partial(judge_outliers, unit)),
        "bars": seconds(build),
    }


def nights_over(site: Site, rows: int) -> dict[str, float]:
    """Median seconds of a night's jobs over so many sales."""
    with fresh_database(site, f"bench_nightly_{rows}") as database:
        for part in range(max(1, rows // PART)):
            load(database, sales(min(rows, PART), seed=part + 1))
        settle(database)
        # The first night judges what lay there unjudged.
        _, *told = [one_night(database, night) for night in nights(scaled(NIGHT), NIGHTS + 1)]
    return {job: median(night[job] for night in told) for job in told[0]}


def curve(sizes: tuple[int, ...]) -> Iterator[Result]:
    """One result for each job and larger size."""
    with stores() as site:
        small = nights_over(site, scaled(SMALL))
        for size in sizes:
            took = nights_over(site, scaled(size))
            for job, against in small.items():
                name = f"a night's {job}, {size // 1_000_000} M : 1 M"
                same = "the same night over 1 M"
                yield Result(name, took[job], against, AT_MOST, "s", same, at_most=True)


def measure() -> Iterator[Result]:
    """1 M and 5 M."""
    return curve(SIZES)


def measure_large() -> Iterator[Result]:
    """1 M and 50 M."""
    return curve(LARGE)
