"""What "as of" means when nobody says it: everything there is."""

from datetime import UTC, datetime

EVERYTHING = datetime.max.replace(tzinfo=UTC)


def known_by(as_of: datetime | None) -> datetime:
    """The moment to read at; the far end of time without one."""
    return EVERYTHING if as_of is None else as_of
