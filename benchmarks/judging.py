"""Verdicts and bars, by the functions the jobs call, against peers on the same rows."""

from collections.abc import Iterator
from functools import partial

import duckdb
import polars as pl
import pyarrow as pa

from benchmarks.claim import Result, scaled, side_by_side
from benchmarks.sales import sales
from ingestion.domain.bars import bar_versions, kept_spans
from ingestion.domain.verdicts import all_verdicts
from ingestion.domain.versions import VERDICTS, VERSIONS

JUDGED = 1_000_000
BARRED = 10_000_000
INSTRUMENT = ("card_id", "grade_code")

BARS_SQL = """
select card_id, grade_code, cast(ts as date) as day, arg_min(price_cents, (ts, key)) as open_cents,
  max(price_cents) as high_cents, min(price_cents) as low_cents,
  arg_max(price_cents, (ts, key)) as close_cents, count(*) as volume
from versions group by all
"""


def versions_of(rows: int) -> pl.DataFrame:
    """Sales as the jobs read them: VERSIONS, in no order."""
    told = {"subject": pl.lit("trade"), "key": pl.col("record_id"), "until": pl.lit(None)}
    named = [told.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in VERSIONS.items()]
    return sales(rows).select(named)


def plain_fence(versions: pl.DataFrame) -> pl.DataFrame:
    """The plain way: quartiles of the 30 sales before, whatever became of them."""
    quartiles = {
        name: pl.col("log_price")
        .rolling_quantile(share, window_size=30, min_samples=8)
        .shift(1)
        .over(INSTRUMENT)
        for name, share in (("q1", 0.25), ("q3", 0.75))
    }
    reach = 3 * (pl.col("q3") - pl.col("q1"))
    inside = pl.col("log_price").is_between(pl.col("q1") - reach, pl.col("q3") + reach)
    ordered = versions.sort(*INSTRUMENT, "ts", "key")
    return (
        ordered.with_columns(log_price=pl.col("price_cents").log())
        .with_columns(**quartiles)
        .with_columns(outlier=~inside)
    )


def measure_verdicts() -> Iterator[Result]:
    """Rows a second."""
    versions = versions_of(scaled(JUDGED))
    all_verdicts(versions)  # the first call compiles
    ours, plain = side_by_side(lambda: all_verdicts(versions), lambda: plain_fence(versions))
    rate, reference = versions.height / ours, versions.height / plain
    against = "polars: rolling quartiles of 30 sales, the fence alone"
    yield Result("outlier verdicts", rate, reference, 0.3, "rows/s", against, aim=1.0)


def duckdb_bars(versions: pa.Table) -> pa.Table:
    """Bars of all days with the open and close of the first and last sale."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("versions", versions)
        return connection.sql(BARS_SQL).to_arrow_table()


def our_bars(versions: pl.DataFrame) -> pl.DataFrame:
    """What `build_bars` makes of what it has read."""
    return bar_versions(kept_spans(versions, pl.DataFrame(schema=VERDICTS)))


def check(versions: pl.DataFrame) -> None:
    """Raises AssertionError where the two differ."""
    figures = ["open_cents", "high_cents", "low_cents", "close_cents", "volume"]
    names = [*INSTRUMENT, "day", *figures]
    ours = our_bars(versions).select(names).sort(names)
    told = pl.DataFrame(duckdb_bars(versions.to_arrow())).select(names)
    theirs = told.select(pl.col(name).cast(kind) for name, kind in ours.schema.items()).sort(names)
    if not ours.equals(theirs):
        raise AssertionError("our bars are not DuckDB's")


def measure_bars() -> Iterator[Result]:
    """Rows a second, in the order in which rows lie anywhere, and sorted by time."""
    versions = versions_of(scaled(BARRED))
    check(versions.head(200_000))
    for name, rows, goal in (
        ("bars", versions, 0.9),
        ("bars, sorted by time", versions.sort("ts", "key"), 4.0),
    ):
        table = rows.to_arrow()
        ours, theirs = side_by_side(partial(our_bars, rows), partial(duckdb_bars, table))
        rate, reference = rows.height / ours, rows.height / theirs
        yield Result(name, rate, reference, goal, "rows/s", "DuckDB: arg_min and arg_max by day")
