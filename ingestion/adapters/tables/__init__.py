"""Tables of schema `market` that ingestion writes, as SQLAlchemy Core.

A test compares them with the migrated database: whoever changes one must change the other.
"""

from ingestion.adapters.tables import catalog, facts, prices, work
from ingestion.adapters.tables.schema import metadata

__all__ = ["catalog", "facts", "metadata", "prices", "work"]
