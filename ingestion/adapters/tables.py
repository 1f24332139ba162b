"""Tables of schema `market` that ingestion writes, as SQLAlchemy Core.

A test compares them with the migrated database: whoever changes one must change the other.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB

metadata = MetaData(schema="market")

Moment = DateTime(timezone=True)

sets = Table(
    "sets",
    metadata,
    Column("set_id", Text, primary_key=True),
    Column("game", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("series", Text),
    Column("release_date", Date),
    Column("printed_total", Integer),
    Column("total", Integer),
    Column("code", Text),
)

cards = Table(
    "cards",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("game", Text, nullable=False),
    Column("set_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("finish", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("rarity", Text),
    Column("supertype", Text),
    Column("subtypes", ARRAY(Text), nullable=False),
    Column("artist", Text),
    Column("image_small", Text),
    Column("image_large", Text),
)

product_map = Table(
    "product_map",
    metadata,
    Column("source", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("valid_from", Moment, primary_key=True),
    Column("valid_to", Moment, nullable=False),
    Column("card_id", Text),
    Column("grade_code", Text),
    Column("confidence", Numeric(4, 3), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("known_at", Moment, primary_key=True),
    Column("by_hand", Boolean, nullable=False),
)

trades = Table(
    "trades",
    metadata,
    Column("trade_id", BigInteger, primary_key=True),
    Column("ts", Moment, primary_key=True),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_sale_id", Text),
    Column("told_as", BigInteger, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("seller", Text),
    Column("url", Text),
    Column("known_at", Moment, nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("meta", JSONB, nullable=False),
    Column("until", Moment),
)

trade_statements = Table(
    "trade_statements",
    metadata,
    Column("statement_id", BigInteger, primary_key=True),
    Column("trade_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("place", Integer, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("told_as", BigInteger),
    Column("ts", Moment),
    Column("card_id", Text),
    Column("grade_code", Text),
    Column("price_cents", Integer),
    Column("seller", Text),
    Column("url", Text),
    Column("meta", JSONB),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
)

trade_versions = Table(
    "trade_versions",
    metadata,
    Column("trade_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("ts", Moment, nullable=False),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("seller", Text),
    Column("known_at", Moment, nullable=False),
    Column("until", Moment),
    Column("began", Text, nullable=False),
    Column("began_by", Text, nullable=False),
    Column("began_why", Text, nullable=False),
    Column("before_cents", Integer),
    Column("ended", Text),
    Column("ended_by", Text),
    Column("ended_why", Text),
    Column("after_cents", Integer),
)

reported_prices = Table(
    "reported_prices",
    metadata,
    Column("report_id", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("high_cents", Integer),
    Column("low_cents", Integer),
    Column("units", Integer, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("reports", ARRAY(Moment), nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("meta", JSONB, nullable=False),
)

report_revisions = Table(
    "report_revisions",
    metadata,
    Column("revision_id", BigInteger, primary_key=True),
    Column("report_id", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
)

outlier_verdicts = Table(
    "outlier_verdicts",
    metadata,
    Column("verdict_id", BigInteger, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("event_at", Moment, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("fence_low_cents", Integer),
    Column("fence_high_cents", Integer),
    Column("actor", Text, nullable=False),
)

judged_series = Table(
    "judged_series",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("grade_code", Text, primary_key=True),
    Column("rules", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("cut", Moment, nullable=False),
    Column("learned_at", Moment, nullable=False),
    Column("sales", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("level", BigInteger),
    Column("flagged", JSONB, nullable=False),
)

prices_daily = Table(
    "prices_daily",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("grade_code", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("open_cents", Integer, nullable=False),
    Column("high_cents", Integer, nullable=False),
    Column("low_cents", Integer, nullable=False),
    Column("close_cents", Integer, nullable=False),
    Column("volume", Integer, nullable=False),
    Column("known_at", Moment, nullable=False),
)

prices_daily_history = Table(
    "prices_daily_history",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("grade_code", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("known_at", Moment, primary_key=True),
    Column("superseded_at", Moment, primary_key=True),
    Column("open_cents", Integer, nullable=False),
    Column("high_cents", Integer, nullable=False),
    Column("low_cents", Integer, nullable=False),
    Column("close_cents", Integer, nullable=False),
    Column("volume", Integer, nullable=False),
    Column("reason", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", BigInteger, primary_key=True),
    Column("source", Text, nullable=False),
    Column("raw_key", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", JSONB, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("product", Text),
    Column("trade_id", BigInteger),
    Column("reported_at", Moment),
    Column("mapped_as", Text),
    Column("settled", Boolean, nullable=False),
)

titled_days = Table(
    "titled_days",
    metadata,
    Column("mapped_as", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
)

rereads = Table(
    "rereads",
    metadata,
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("queued_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failure", Text, nullable=False),
)

divergences = Table(
    "divergences",
    metadata,
    Column("divergence_id", BigInteger, primary_key=True),
    Column("card_id", Text, nullable=False),
    Column("grade_code", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("ratio", DOUBLE_PRECISION, nullable=False),
    Column("fence", DOUBLE_PRECISION, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_as_of", Date),
    Column("closed_at", Moment),
)

loads = Table(
    "loads",
    metadata,
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("job", Text, primary_key=True),
    Column("rows_read", Integer, nullable=False),
    Column("rows_written", Integer, nullable=False),
    Column("rows_quarantined", Integer, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("first_day", Date),
    Column("rows_by_table", JSONB, nullable=False),
)

dirty = Table(
    "dirty",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("card_id", Text, primary_key=True),
    Column("grade_code", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("through", Date),
    Column("generation", Integer, nullable=False),
    Column("judged", Integer, nullable=False),
    Column("marked_at", Moment, nullable=False),
)

backfills = Table(
    "backfills",
    metadata,
    Column("backfill_id", Text, primary_key=True),
    Column("sources", ARRAY(Text), nullable=False),
    Column("instruments", ARRAY(Text), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("mode", Text, nullable=False),
    Column("refetch", Boolean, nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

backfill_days = Table(
    "backfill_days",
    metadata,
    Column("backfill_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_added", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

source_cursors = Table(
    "source_cursors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("moved_at", Moment, nullable=False),
)

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
