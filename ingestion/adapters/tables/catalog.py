"""Cards, their sets, and which products of sources they are."""

from sqlalchemy import ARRAY, Boolean, Column, Date, Integer, Numeric, Table, Text

from ingestion.adapters.tables.schema import Moment, metadata

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
