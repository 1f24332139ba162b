"""Facts about cards that are no prices."""

from sqlalchemy import Column, Date, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB

from ingestion.adapters.tables.schema import Moment, metadata

population = Table(
    "population",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("grade_code", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("population", Integer, nullable=False),
    Column("known_at", Moment, primary_key=True),
)

search_trends = Table(
    "search_trends",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("term", Text, nullable=False),
    Column("interest", SmallInteger, nullable=False),
    Column("window_first", Date, nullable=False),
    Column("window_last", Date, primary_key=True),
    Column("known_at", Moment, primary_key=True),
)

sentiment_daily = Table(
    "sentiment_daily",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("positive", Integer, nullable=False),
    Column("negative", Integer, nullable=False),
    Column("score", DOUBLE_PRECISION, nullable=False),
    Column("words", JSONB, nullable=False),
    Column("known_at", Moment, primary_key=True),
)
