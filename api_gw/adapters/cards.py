"""The catalog in PostgreSQL: all SQL of the Cards port."""

from api_gw.adapters.card_rows import DETAIL_COLUMNS, details
from api_gw.adapters.database import Database
from api_gw.domain.cards import CardDetails

CARD = f"""
select {DETAIL_COLUMNS}
from market.cards c join market.sets s using (set_id) where c.card_id = $1
"""  # noqa: S608 - only our own column list is put in
GRADE = "select 1 from market.grades where grade_code = $1"


class PostgresCards:
    """The Cards port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, card_id: str) -> CardDetails | None:
        """One card, or None."""
        rows = await self._database.fetch(CARD, card_id)
        return details(rows[0]) if rows else None

    async def is_grade(self, grade_code: str) -> bool:
        """Whether the grade exists at all."""
        return bool(await self._database.fetch(GRADE, grade_code))
