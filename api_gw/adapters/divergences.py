"""Flags on instruments in PostgreSQL, as they were known at a moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from api_gw.adapters.database import Database
from api_gw.domain.divergence import Disagreement, Divergent
from kernel.ids import CardId, GradeCode, Instrument

FLAGS = """
select card_id, grade_code, rule, ratio, opened_at from market.divergent_at($2)
where card_id = any($1) order by card_id, grade_code, opened_at, rule
"""


class PostgresDivergences:
    """The Divergences port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_cards(
        self, cards: Sequence[str], *, as_of: datetime
    ) -> Mapping[Instrument, Divergent]:
        """The instruments of these cards that were flagged at the moment."""
        rows = await self._database.fetch(FLAGS, list(cards), as_of) if cards else []
        found: dict[Instrument, Divergent] = {}
        for (card, grade), flags in groupby(rows, lambda row: (row["card_id"], row["grade_code"])):
            each = list(flags)
            why = tuple(Disagreement(row["rule"], row["ratio"]) for row in each)
            instrument = Instrument(CardId(card), GradeCode(grade))
            found[instrument] = Divergent(each[0]["opened_at"], why)
        return found
