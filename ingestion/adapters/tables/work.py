"""What was refused, what waits and what was done."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, Integer, Table, Text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB

from ingestion.adapters.tables.schema import Moment, metadata

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
