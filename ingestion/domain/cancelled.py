"""Tells which records are of sales that their source has cancelled since. No I/O."""

import polars as pl

# Kept in meta, where a source says how a sale stands; absent means completed.
STATUS, CANCELLED = "status", "CANCELLED"
WRITTEN = rf',?\s*"{STATUS}":\s*"{CANCELLED}"'


def cancelled_of(records: pl.DataFrame) -> pl.DataFrame:
    """Those of `records` (RECORDS); `known_at` of each is when the cancellation was told."""
    # Parsing JSON is dear and few sales are cancelled: look for the word first.
    near = records.filter(pl.col("meta").str.contains(CANCELLED, literal=True))
    return near.filter(pl.col("meta").str.json_path_match(f"$.{STATUS}") == CANCELLED)


def without_status(records: pl.DataFrame) -> pl.DataFrame:
    """`records` as they were told before, so that a sale is stored the same whenever it is told."""
    told = pl.col("meta").str.contains(CANCELLED, literal=True)
    plain = pl.col("meta").str.replace(WRITTEN, "")
    return records.with_columns(meta=pl.when(told).then(plain).otherwise("meta"))
