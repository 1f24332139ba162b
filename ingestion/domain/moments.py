"""Reads when a price happened and decides when it could first be known."""

from datetime import UTC, datetime, timedelta

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.records import UTC_US, Window
from ingestion.domain.refusal import refuse

# Nobody sold a trading card online before; an earlier year is a misread one.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# Clocks differ by seconds; further ahead than this is another time zone or another year.
CLOCKS_APART = timedelta(hours=1)

DAY = r"^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?$"


def _moment(column: str, mapping: Format) -> pl.Expr:
    text = pl.col(column).str.replace(" ", "T", literal=True)
    zoned = text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    if mapping.zone is None:
        return zoned
    naive = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    return pl.coalesce(zoned, naive.dt.replace_time_zone("UTC"))


def _day(column: str) -> pl.Expr:
    dashed = pl.col(column).str.replace_all("/", "-", literal=True)
    day = dashed.str.extract(DAY).str.to_date("%Y-%m-%d", strict=False)
    return day.cast(UTC_US)


def _known(mapping: Format) -> pl.Expr:
    """When the row could first be known. A sale of which only the day is told: when it is over."""
    if mapping.known == "end_of_month":
        return pl.col("ts").dt.month_start().dt.truncate("1d").dt.offset_by("1mo")
    at_time = pl.col("ts") if mapping.time_is == "moment" else pl.col("ts").dt.offset_by("1d")
    if mapping.known == "column":
        return pl.max_horizontal(at_time, pl.col("known_told"))
    return at_time


def place_in_time(
    rows: pl.DataFrame, mapping: Format, window: Window, asked_at: datetime | None = None
) -> pl.DataFrame:
    """Add `ts`, `known_at` and `reported_at`.

    A source that says when it changed a row is believed, unless that is after the run's day and
    after it was asked; of any other, a version of a sale is taken to be reported when the run's
    day is over.
    """
    event = _moment("time", mapping) if mapping.time_is == "moment" else _day("time")
    told = _moment("known", mapping) if mapping.known == "column" else pl.lit(None, UTC_US)
    rows = rows.with_columns(ts=event, known_told=told)
    wanted = "2024-05-01T18:30:00Z" if mapping.time_is == "moment" else "a day as 2024-05-01"
    detail = pl.format("{} is not " + wanted, pl.col("time").fill_null("(empty)"))
    rows = refuse(rows, pl.col("ts").is_null(), "time_unreadable", detail)
    if mapping.known == "column":
        detail = pl.format("{} is no moment", pl.col("known").fill_null("(empty)"))
        rows = refuse(rows, pl.col("known_told").is_null(), "time_unreadable", detail)
    outside = ~pl.col("ts").is_between(EARLIEST, window.ends, closed="left")
    detail = pl.format(f"{{}} is not between 1990 and {window.last}, the run's day", pl.col("time"))
    rows = refuse(rows, outside, "time_outside", detail)
    # A clock ahead would make a version that no true correction comes after.
    latest = max(window.ends, asked_at or window.ends) + CLOCKS_APART
    ahead = pl.col("known_told") > latest
    detail = pl.format(f"{{}} is after {latest}, when nobody had asked yet", pl.col("known"))
    rows = refuse(rows, ahead, "time_outside", detail)
    rows = rows.with_columns(known_at=_known(mapping))
    run_over = pl.lit(window.ends, UTC_US)
    reported = (
        pl.col("known_at")
        if mapping.known == "column"
        else pl.max_horizontal(pl.col("known_at"), run_over)
    )
    return rows.with_columns(reported_at=reported)
