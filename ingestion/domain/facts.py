"""What is known beside prices: the frames of the three facts, and the cards they are asked for."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import polars as pl

from ingestion.domain.records import UTC_US, Schema

Fact = Literal["population", "search_trends", "sentiment_daily"]

POPULATION: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "population": pl.Int64,
}
SEARCH_TRENDS: Schema = {
    "card_id": pl.String,
    "day": pl.Date,
    "term": pl.String,
    "interest": pl.Int64,
    "window_first": pl.Date,
    "window_last": pl.Date,
}
SENTIMENT: Schema = {
    "card_id": pl.String,
    "day": pl.Date,
    "posts": pl.Int64,
    "positive": pl.Int64,
    "negative": pl.Int64,
    "score": pl.Float64,
    "words": pl.String,  # JSON
}

FACT_SCHEMAS: Mapping[Fact, Schema] = {
    "population": POPULATION,
    "search_trends": SEARCH_TRENDS,
    "sentiment_daily": SENTIMENT,
}

# One post about a term, of one service. `post_id` is the service's own.
POSTS: Schema = {"card_id": pl.String, "post_id": pl.String, "ts": UTC_US, "text": pl.String}


class Watched(NamedTuple):
    """A card and the words people look for it by."""

    card_id: str
    term: str


def terms_of(watched: list[Watched]) -> dict[str, list[str]]:
    """The cards of each term: those of one set and name share it, and it is asked for once."""
    terms: dict[str, list[str]] = {}
    for card in watched:
        terms.setdefault(card.term, []).append(card.card_id)
    return terms
