"""A night's new sales over tables of several sizes: loaded, judged, built into bars.

Ours is the time of the night named first, the reference that of a night of 50,000 sales over 1 M:
1 is perfect. Tables grow into the past, as they do in use; `dense` ones have more sales a day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from statistics import median

import polars as pl
import psycopg

from benchmarks.claim import Result, scaled, seconds
from benchmarks.loading import load
from benchmarks.sales import LAST_DAY, nights, sales
from benchmarks.stores import Database, fresh_database, stores
from ingestion.app import unit_of
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.judge_outliers import judge_outliers
from kernel.lake import Lake
from stack.site import Site

NIGHT = 50_000
NIGHTS = 2
INCREMENTS = (10_000, 100_000)
BASE = 1_000_000  # one year of sales
SIZES = (500_000, 2_000_000, 5_000_000)
LARGE = (50_000_000,)
DENSE = 5_000_000  # of the base's year
YEAR = 365
PART = 1_000_000  # sales made and loaded at a time
AT_MOST = 1.5


@contextmanager
def unit_in(database: Database) -> Iterator[Unit]:
    """A transaction of a job."""
    with database.connect() as connection:
        yield unit_of(connection, Lake("bench"))


def settle(database: Database) -> None:
    """Judge what the first load brought, forget that work, and let the planner know the table."""
    judge_outliers(partial(unit_in, database))
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("delete from market.dirty")
        connection.execute("vacuum analyze market.trades")


def one_night(database: Database, night: pl.DataFrame) -> dict[str, float]:
    """Seconds of each job of a night."""

    def build() -> None:
        with unit_in(database) as one:
            build_bars(one)

    return {
        "load": seconds(partial(load, database, night)),
        "judging": seconds(partial(judge_outliers, partial(unit_in, database))),
        "bars": seconds(build),
    }


def fill(database: Database, rows: int, first: date) -> None:
    """So many sales since a day, in parts that begin where the one before ended."""
    parts = max(1, rows // PART)
    days = (LAST_DAY - first).days + 1
    for part in range(parts):
        begin = first + timedelta(days=days * part // parts)
        end = first + timedelta(days=days * (part + 1) // parts - 1)
        load(database, sales(rows // parts, seed=part + 1, first=begin, last=end))
    settle(database)


def nights_over(
    site: Site, rows: int, days: int, increments: tuple[int, ...] = (NIGHT,)
) -> dict[int, dict[str, float]]:
    """Median seconds of each job, by increment, over so many sales of so many days."""
    with fresh_database(site, f"bench_nightly_{rows}_{days}") as database:
        fill(database, scaled(rows), LAST_DAY - timedelta(days=days - 1))
        # Nights differ in their numbers; one before them warms up.
        made = iter(nights(scaled(max(increments)), 1 + NIGHTS * len(increments)))
        one_night(database, next(made))
        took = {
            size: [one_night(database, next(made).head(scaled(size))) for _ in range(NIGHTS)]
            for size in increments
        }
    return {
        size: {job: median(night[job] for night in told) for job in told[0]}
        for size, told in took.items()
    }


def rows_of(
    what: str, took: dict[str, float], base: dict[str, float], goal: float
) -> Iterator[Result]:
    """A result for each job."""
    for job, against in base.items():
        same = "50,000 sales over 1 M of one year"
        yield Result(f"{job}, {what}", took[job], against, goal, "s", same, at_most=True)


def curve(
    sizes: tuple[int, ...], increments: tuple[int, ...] = (), dense: int | None = None
) -> Iterator[Result]:
    """Results for each size of table, for each increment, and for a table of more sales a day."""
    with stores() as site:
        by_size = nights_over(site, BASE, YEAR, (NIGHT, *increments))
        base = by_size[NIGHT]
        for size in sizes:
            over = nights_over(site, size, YEAR * size // BASE)[NIGHT]
            yield from rows_of(f"50 k over {size / 1_000_000:g} M", over, base, AT_MOST)
        for increment in increments:
            # What the night brought, and what any night costs.
            goal = AT_MOST * max(1.0, increment / NIGHT)
            what = f"{increment // 1_000} k over 1 M"
            yield from rows_of(what, by_size[increment], base, goal)
        if dense:
            over = nights_over(site, dense, YEAR)[NIGHT]
            what = f"50 k over {dense // 1_000_000} M, dense"
            # Judging reads the year before, which is larger by as much.
            year = {**base, "judging": base["judging"] * dense / BASE}
            yield from rows_of(what, over, year, AT_MOST)


def measure() -> Iterator[Result]:
    """0.5, 2 and 5 M beside 1 M; nights of 10,000 and 100,000 sales; 5 M in one year."""
    return curve(SIZES, INCREMENTS, DENSE)


def measure_large() -> Iterator[Result]:
    """50 M beside 1 M."""
    return curve(LARGE)
