"""Verdicts and bars, by the functions the jobs call, against peers on the same rows."""

from collections.abc import Callable, Iterator
from functools import partial

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.claim import Result, scaled, side_by_side
from benchmarks.sales import DAY_US, sales
from ingestion.domain.bars import bar_versions
from ingestion.domain.verdicts import NOTHING_TOLD, RESUME_NONE, all_verdicts, judged
from ingestion.domain.versions import VERDICTS, VERSIONS

JUDGED = 1_000_000
BARRED = 10_000_000
INSTRUMENT = ("card_id", "grade_code")
Rows = tuple[pl.DataFrame, pl.DataFrame]  # versions and verdicts on them

BARS_SQL = """
select card_id, grade_code, cast(ts as date) as day, arg_min(price_cents, (ts, key)) as open_cents,
  max(price_cents) as high_cents, min(price_cents) as low_cents,
  arg_max(price_cents, (ts, key)) as close_cents, count(*) as volume
from versions anti join outliers using (key) group by all
"""
LATE = 0.02  # share of sales, as the simulator's
LATE_DAYS = (1, 6)


def versions_of(rows: int) -> pl.DataFrame:
    """Sales as the jobs read them: VERSIONS, in no order."""
    told = {"subject": pl.lit("trade"), "key": pl.col("record_id"), "until": pl.lit(None)}
    named = [told.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in VERSIONS.items()]
    return sales(rows).select(named)


def partly_late(versions: pl.DataFrame) -> pl.DataFrame:
    """The same sales, of which some became known days later."""
    random = np.random.default_rng(5)
    late = random.random(versions.height) < LATE
    by = np.where(late, random.uniform(*LATE_DAYS, versions.height) * DAY_US, 0).astype(np.int64)
    known = pl.col("known_at").to_physical() + by
    return versions.with_columns(known_at=known.cast(VERSIONS["known_at"]))


def held_out(verdicts: pl.DataFrame) -> pa.Table:
    """The keys of what is held to be an outlier now."""
    last = verdicts.unique("subject_id", keep="last", maintain_order=True)
    return last.filter(pl.col("verdict") == "outlier").select(key="subject_id").to_arrow()


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
    """Rows a second, of sales known when they happened and of partly late ones."""
    at_once = versions_of(scaled(JUDGED))
    judge(at_once)  # the first call compiles
    against = "polars: rolling quartiles of 30 sales, the fence alone"
    for name, versions in (
        ("outlier verdicts", at_once),
        ("outlier verdicts, 2 % late", partly_late(at_once)),
    ):
        ours, plain = side_by_side(partial(judge, versions), partial(plain_fence, versions))
        rate, reference = versions.height / ours, versions.height / plain
        yield Result(name, rate, reference, 0.3, "rows/s", against, aim=1.0)


def duckdb_bars(versions: pa.Table, outliers: pa.Table) -> pa.Table:
    """Bars of all days, as believed now, with the open and close of the first and last sale."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("versions", versions)
        connection.register("outliers", outliers)
        return connection.sql(BARS_SQL).to_arrow_table()


def check(versions: pl.DataFrame, verdicts: pl.DataFrame) -> None:
    """Raises AssertionError where the two differ in what is believed now."""
    figures = ["open_cents", "high_cents", "low_cents", "close_cents", "volume"]
    names = [*INSTRUMENT, "day", *figures]
    now = bar_versions(versions, verdicts).filter(pl.col("superseded_at").is_null())
    ours = now.select(names).sort(names)
    told = pl.DataFrame(duckdb_bars(versions.to_arrow(), held_out(verdicts))).select(names)
    theirs = told.select(pl.col(name).cast(kind) for name, kind in ours.schema.items()).sort(names)
    if not ours.equals(theirs):
        raise AssertionError("our bars are not DuckDB's")


def with_verdicts(versions: pl.DataFrame) -> Rows:
    """The sales with all verdicts on them."""
    return versions, all_verdicts(versions)


def judge(versions: pl.DataFrame) -> None:
    """What the job computes of instruments it judges from their beginning, checkpoints too."""
    judged(versions, RESUME_NONE, NOTHING_TOLD)


def measure_bars() -> Iterator[Result]:
    """Rows a second: in the order in which rows lie anywhere, sorted by time, and as a job meets
    them, judged and partly late."""
    versions, none = versions_of(scaled(BARRED)), pl.DataFrame(schema=VERDICTS)
    few = partly_late(versions.head(200_000))
    check(few, all_verdicts(few))
    check(versions.head(200_000).sort("ts", "key"), none)
    # Each is made when its turn comes: three times ten million sales would not fit everywhere.
    cases: tuple[tuple[str, Callable[[], Rows], float], ...] = (
        ("bars", lambda: (versions, none), 0.9),
        ("bars, sorted by time", lambda: (versions.sort("ts", "key"), none), 4.0),
        ("bars, judged, 2 % late", lambda: with_verdicts(partly_late(versions)), 0.9),
    )
    for name, made, goal in cases:
        rows, verdicts = made()
        table, out = rows.to_arrow(), held_out(verdicts)
        ours, theirs = side_by_side(
            partial(bar_versions, rows, verdicts), partial(duckdb_bars, table, out)
        )
        rate, reference = rows.height / ours, rows.height / theirs
        yield Result(name, rate, reference, goal, "rows/s", "DuckDB: arg_min and arg_max by day")
