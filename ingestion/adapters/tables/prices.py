"""Sales, reported figures, verdicts on them and daily bars."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from ingestion.adapters.tables.schema import Moment, metadata

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

sale_keys = Table(
    "sale_keys",
    metadata,
    Column("keys_id", BigInteger, primary_key=True),
    Column("month", Date, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("sales", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("added_at", Moment, nullable=False),
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
