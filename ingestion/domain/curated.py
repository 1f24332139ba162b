"""The tables of the curated zone, as analysts read them: names, columns, the contract behind."""

from dataclasses import dataclass

import polars as pl

from ingestion.domain.records import UTC_US, Schema


@dataclass(frozen=True)
class CuratedTable:
    """One table of parquet by month; `contract` is of the table of the database it comes from."""

    name: str
    contract: str
    columns: Schema


TRADES: Schema = {
    "trade_id": pl.Int64,
    "ts": UTC_US,
    "card_id": pl.String,
    "grade_code": pl.String,
    "source": pl.String,
    "source_sale_id": pl.String,
    "price_cents": pl.Int64,
    "seller": pl.String,
    "url": pl.String,
    "known_at": UTC_US,
    "meta": pl.String,
}
BARS: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "kind": pl.String,
    "open_cents": pl.Int64,
    "high_cents": pl.Int64,
    "low_cents": pl.Int64,
    "close_cents": pl.Int64,
    "volume": pl.Int64,
    "known_at": UTC_US,
}
QUOTES: Schema = {
    "report_id": pl.Int64,
    "day": pl.Date,
    "card_id": pl.String,
    "grade_code": pl.String,
    "source": pl.String,
    "price_cents": pl.Int64,
    "known_at": UTC_US,
    "reported_at": UTC_US,
}
POPULATION: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "source": pl.String,
    "population": pl.Int64,
    "known_at": UTC_US,
}
SENTIMENT: Schema = {
    "card_id": pl.String,
    "day": pl.Date,
    "source": pl.String,
    "posts": pl.Int64,
    "positive": pl.Int64,
    "negative": pl.Int64,
    "score": pl.Float64,
    "words": pl.String,
    "known_at": UTC_US,
}

# Of prices, the dirty set says which months to write again; of facts, what each month holds.
PRICES = (
    CuratedTable("trades", "trades", TRADES),
    CuratedTable("prices_daily", "prices_daily", BARS),
    CuratedTable("quotes", "reported_prices", QUOTES),
)
FACTS = (
    CuratedTable("sentiment_daily", "sentiment_daily", SENTIMENT),
    CuratedTable("population", "population", POPULATION),
)
