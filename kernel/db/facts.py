"""Read model of what schema `market` knows beside prices: every row told by a moment."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import LiteralString

import polars as pl
import psycopg
from polars.datatypes import DataType, DataTypeClass

Schema = Mapping[str, DataTypeClass | DataType]
MOMENT = pl.Datetime("us", "UTC")

POPULATION_SCHEMA: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "population": pl.Int64,
    "known_at": MOMENT,
}
SEARCHES_SCHEMA: Schema = {
    "card_id": pl.String,
    "source": pl.String,
    "window_last": pl.Date,
    "day": pl.Date,
    "interest": pl.Int64,
    "known_at": MOMENT,
}
MOODS_SCHEMA: Schema = {
    "card_id": pl.String,
    "source": pl.String,
    "day": pl.Date,
    "posts": pl.Int64,
    "score": pl.Float64,
    "known_at": MOMENT,
}

# Append-only tables: of the rows of one figure the newest known by a moment is what was believed.
POPULATION = """
select card_id, grade_code, day, population, known_at from market.population
where day between %(first)s and %(last)s and known_at <= %(as_of)s
order by card_id collate "C", grade_code collate "C", day, known_at
"""
SEARCHES = """
select card_id, source, window_last, day, interest, known_at from market.search_trends
where window_last between %(first)s and %(last)s and day >= %(first)s and known_at <= %(as_of)s
order by card_id collate "C", window_last, source, day, known_at
"""
MOODS = """
select card_id, source, day, posts, score, known_at from market.sentiment_daily
where day between %(first)s and %(last)s and known_at <= %(as_of)s
order by card_id collate "C", day, source, known_at
"""


def facts_known(
    connection: psycopg.Connection, *, as_of: datetime, first: date, last: date
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Populations, searches and moods of the days between, every row known at `as_of` (aware UTC).

    Columns as POPULATION_SCHEMA, SEARCHES_SCHEMA and MOODS_SCHEMA, sorted by card and time. Of
    searches the windows that end between the days.
    """
    span = {"as_of": as_of, "first": first, "last": last}

    def read(query: LiteralString, schema: Schema) -> pl.DataFrame:
        rows = connection.execute(query, span).fetchall()
        return pl.DataFrame(rows, schema=schema, orient="row")

    return (
        read(POPULATION, POPULATION_SCHEMA),
        read(SEARCHES, SEARCHES_SCHEMA),
        read(MOODS, MOODS_SCHEMA),
    )
