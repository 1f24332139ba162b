"""Versions of prices: what was believed of each sale or figure, and from when until when."""

import polars as pl

from ingestion.domain.records import UTC_US, Schema

# `key` is the trade_id or report_id; several rows of a key are its versions, one after another.
# `until` is when a later version was known; null for what is believed now.
VERSIONS: Schema = {
    "subject": pl.String,  # trade or report
    "kind": pl.String,  # trade, quote or bar
    "key": pl.Int64,
    "card_id": pl.String,
    "grade_code": pl.String,
    "ts": UTC_US,
    "price_cents": pl.Int64,
    "high_cents": pl.Int64,
    "low_cents": pl.Int64,
    "units": pl.Int64,
    "seller": pl.String,
    "known_at": UTC_US,
    "until": UTC_US,
}

# One change of verdict. `kept` re-admits what was an outlier.
VERDICTS: Schema = {
    "subject": pl.String,
    "subject_id": pl.Int64,
    "card_id": pl.String,
    "grade_code": pl.String,
    "event_at": UTC_US,
    "known_at": UTC_US,
    "verdict": pl.String,
    "rule": pl.String,
    "fence_low_cents": pl.Int64,
    "fence_high_cents": pl.Int64,
}

BAR_KEY = ("card_id", "grade_code", "day", "kind")

# `superseded_at` is null for the version that stands.
BAR_VERSIONS: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "kind": pl.String,
    "known_at": UTC_US,
    "superseded_at": UTC_US,
    "open_cents": pl.Int64,
    "high_cents": pl.Int64,
    "low_cents": pl.Int64,
    "close_cents": pl.Int64,
    "volume": pl.Int64,
}
