"""Orders several versions of one sale: by the time of their report, the last one is believed."""

from collections.abc import Iterator

import polars as pl

# After the time of the report the order only has to be the same whatever the order of arrival.
VERSION = ("record_id", "reported_at", "known_at", "ts", "price_cents", "card_id", "grade_code")


def latest_told(records: pl.DataFrame) -> pl.DataFrame:
    """One row a sale; `records` as RECORDS."""
    repeated = records.get_column("record_id").is_duplicated()
    if not repeated.any():
        return records
    last = records.filter(repeated).sort(VERSION).unique("record_id", keep="last")
    return pl.concat([records.filter(~repeated), last])


def versions_told(records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Frames of one row a sale: first the first version of each, then the second ones, and so on.

    Of versions reported at one time the last counts; `records` as RECORDS.
    """
    repeated = records.get_column("record_id").is_duplicated()
    if not repeated.any():
        yield records
        return
    each = (
        records.filter(repeated)
        .sort(VERSION)
        .unique(["record_id", "reported_at"], keep="last", maintain_order=True)
        .with_columns(round=pl.int_range(pl.len()).over("record_id"))
    )
    first = each.filter(pl.col("round") == 0).drop("round")
    yield pl.concat([records.filter(~repeated), first])
    for _, later in (
        each.filter(pl.col("round") > 0).sort("round").group_by("round", maintain_order=True)
    ):
        yield later.drop("round")
