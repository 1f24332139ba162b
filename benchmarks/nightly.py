"""A night of 50,000 new sales over tables of 1 M and 5 M: the night sets the cost, not the table.

Ours is the time over the larger table, the reference that over the smaller one: 1 is perfect.
"""

from collections.abc import Iterator
from functools import partial
from statistics import median

import psycopg

from benchmarks.claim import Result, scaled, seconds
from benchmarks.loading import load
from benchmarks.sales import nights, sales
from benchmarks.stores import Database, fresh_database, stores
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


def loading_over(site: Site, rows: int) -> float:
    """Median seconds of a night's load over so many sales."""
    with fresh_database(site, f"bench_nightly_{rows}") as database:
        for part in range(max(1, rows // PART)):
            load(database, sales(min(rows, PART), seed=part + 1))
        settle(database)
        times = [seconds(partial(load, database, night)) for night in nights(scaled(NIGHT), NIGHTS)]
    return median(times)


def curve(sizes: tuple[int, ...]) -> Iterator[Result]:
    """One result for each larger size."""
    with stores() as site:
        small = loading_over(site, scaled(SMALL))
        for size in sizes:
            took = loading_over(site, scaled(size))
            name = f"a night's load, {size // 1_000_000} M : 1 M"
            against = "the same night over 1 M"
            yield Result(name, took, small, AT_MOST, "s", against, at_most=True)


def measure() -> Iterator[Result]:
    """1 M and 5 M."""
    return curve(SIZES)


def measure_large() -> Iterator[Result]:
    """1 M and 50 M."""
    return curve(LARGE)
