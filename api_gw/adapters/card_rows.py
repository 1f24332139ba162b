"""The columns of a card and the value a row of them becomes."""

import asyncpg

from api_gw.domain.cards import CardDetails, CardSummary

SUMMARY_COLUMNS = """c.card_id, c.name, c.set_id, s.name as set_name, c.number, s.printed_total,
  s.release_date, c.rarity, c.supertype, c.edition, c.finish, c.language, c.image_small"""
DETAIL_COLUMNS = f"{SUMMARY_COLUMNS}, c.game, s.series, c.subtypes, c.artist, c.image_large"

SUMMARY_FIELDS = tuple(CardSummary.__dataclass_fields__)


def summary(row: asyncpg.Record) -> CardSummary:
    """A row with SUMMARY_COLUMNS, and perhaps more."""
    return CardSummary(*(row[field] for field in SUMMARY_FIELDS))


def details(row: asyncpg.Record) -> CardDetails:
    """A row with DETAIL_COLUMNS."""
    fields = {field: row[field] for field in CardDetails.__dataclass_fields__}
    return CardDetails(**{**fields, "subtypes": tuple(row["subtypes"])})
