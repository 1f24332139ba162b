"""The tables of schema `signals` as SQLAlchemy Core; a test compares them with the migrations."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    Identity,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="signals")


def instrument(*, key: bool) -> tuple[Column[str], Column[str]]:
    """The two columns of an instrument."""
    return (
        Column("card_id", Text, primary_key=key, nullable=False),
        Column("grade_code", Text, primary_key=key, nullable=False),
    )


def moment(name: str, *, key: bool = False, nullable: bool = False) -> Column[datetime]:
    """An aware UTC time."""
    return Column(name, DateTime(timezone=True), primary_key=key, nullable=nullable)


models = Table(
    "models",
    metadata,
    Column("model_version", Text, primary_key=True),
    Column("family", Text, nullable=False),
    moment("created_at"),
    moment("trained_through"),
    Column("feature_version", Text, nullable=False),
    Column("artifact_key", Text),
    Column("sha256", Text),
    Column("metrics", JSONB, nullable=False),
    Column("seen", JSONB, nullable=False),
)

promotions = Table(
    "promotions",
    metadata,
    Column("promotion_id", BigInteger, Identity(always=True), primary_key=True),
    Column("family", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("stage", Text, nullable=False),
    moment("at"),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("canary_percent", Integer),
)

features_daily = Table(
    "features_daily",
    metadata,
    *instrument(key=True),
    Column("day", Date, primary_key=True),
    Column("feature_version", Text, primary_key=True),
    Column("series", Text, nullable=False),
    Column("raw", JSONB, nullable=False),
    Column("normalized", JSONB, nullable=False),
    Column("recency_days", Integer, nullable=False),
    Column("bars_365", Integer, nullable=False),
    Column("close_cents", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    moment("computed_at", key=True),
)

inference_queue = Table(
    "inference_queue",
    metadata,
    Column("as_of", Date, primary_key=True),
    *instrument(key=True),
    Column("day", Date, primary_key=True),
    Column("generation", Integer, nullable=False),
)

features_latest = Table(
    "features_latest",
    metadata,
    *instrument(key=True),
    moment("asof_ts"),
    Column("feature_version", Text, nullable=False),
    Column("features", JSONB, nullable=False),
    Column("recency_days", Integer, nullable=False),
)

forecasts = Table(
    "forecasts",
    metadata,
    *instrument(key=True),
    Column("horizon_days", Integer, primary_key=True),
    moment("asof_ts", key=True),
    Column("model_version", Text, primary_key=True),
    Column("q10", Double),
    Column("q50", Double),
    Column("q90", Double),
    Column("fingerprint", Text, nullable=False),
    moment("known_at", key=True),
    Column("p_buy", Double),
    Column("p_hold", Double),
    Column("p_sell", Double),
)

explanations = Table(
    "explanations",
    metadata,
    *instrument(key=True),
    Column("horizon_days", Integer, primary_key=True),
    moment("asof_ts", key=True),
    Column("model_version", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False),
    moment("known_at", key=True),
)

signals = Table(
    "signals",
    metadata,
    Column("signal_id", BigInteger, Identity(always=True), primary_key=True),
    *instrument(key=False),
    Column("horizon_days", Integer, nullable=False),
    moment("asof_ts"),
    Column("model_version", Text, nullable=False),
    Column("feature_version", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("conviction", Numeric, nullable=False),
    Column("expected_return", Numeric),
    Column("risk", Numeric),
    Column("utility", Numeric),
    Column("utility_sell", Numeric),
    Column("p_buy", Numeric),
    Column("p_hold", Numeric),
    Column("p_sell", Numeric),
    Column("price_cents", Integer, nullable=False),
    Column("series", Text, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("features", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False),
    moment("known_at"),
    moment("written_at"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("signal_id", BigInteger, primary_key=True),
    Column("said", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

replayed = Table(
    "replayed",
    metadata,
    Column("signal_id", BigInteger, nullable=False),
    *instrument(key=True),
    Column("horizon_days", Integer, primary_key=True),
    moment("asof_ts", key=True),
    Column("model_version", Text, nullable=False),
    Column("feature_version", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("conviction", Double, nullable=False),
    Column("expected_return", Double, nullable=False),
    Column("utility", Double, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("series", Text, nullable=False),
    Column("sold_90", Integer, nullable=False),
    moment("written_at"),
)

scores = Table(
    "scores",
    metadata,
    Column("signal_id", BigInteger, primary_key=True),
    Column("after_days", Integer, primary_key=True),
    moment("known_at", key=True),
    Column("outcome", Text, nullable=False),
    Column("entry_day", Date),
    Column("entry_cents", Integer),
    Column("exit_day", Date),
    Column("exit_cents", Integer),
    Column("net_return", Double),
    Column("came_true", Boolean),
    moment("written_at"),
)

flips = Table(
    "flips",
    metadata,
    *instrument(key=True),
    Column("horizon_days", Integer, primary_key=True),
    moment("asof_ts", key=True),
    Column("model_version", Text, primary_key=True),
    Column("from_action", Text, nullable=False),
    Column("to_action", Text, nullable=False),
    Column("conviction", Numeric, nullable=False),
    moment("published_at", nullable=True),
)

OUT = "COALESCE(value < least, false) OR COALESCE(value > most, false)"
measures = Table(
    "measures",
    metadata,
    Column("as_of", Date, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("value", Double),
    Column("least", Double),
    Column("most", Double),
    Column("pauses", Boolean, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("words", Text, nullable=False),
    moment("measured_at", key=True),
    Column("is_out", Boolean, Computed(OUT, persisted=True), nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("as_of", Date, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("value", Double, nullable=False),
    Column("words", Text, nullable=False),
    moment("raised_at"),
    moment("published_at", nullable=True),
)

inferences = Table(
    "inferences",
    metadata,
    Column("inference_id", BigInteger, Identity(always=True), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("instruments", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    moment("finished_at"),
)

cohort_explanations = Table(
    "cohort_explanations",
    metadata,
    Column("set_id", Text, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("horizon_days", Integer, primary_key=True),
    moment("asof_ts", key=True),
    Column("part", Text, primary_key=True),
    Column("model_version", Text, nullable=False),
    Column("instruments", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False),
    moment("known_at", key=True),
)
