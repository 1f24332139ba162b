"""Signals in PostgreSQL, as they were known at a moment: all SQL of the Signals port."""

from collections.abc import Sequence
from datetime import datetime

from api_gw.adapters.database import Database
from api_gw.domain.cached import signal_from
from api_gw.domain.signals import Signal

# Of two signals of one as-of time (another model spoke later) the later known one wins, but only
# once it was known: what was said before stays the answer for the moments before.
NEWEST = """
select distinct on (grade_code, horizon_days) grade_code, horizon_days, asof_ts, action,
  conviction, expected_return, risk, utility, price_cents, series, reasons, model_version,
  feature_version
from signals.signals
where card_id = $1 and ($2::text[] is null or grade_code = any($2))
  and asof_ts <= $3 and known_at <= $3
order by grade_code, horizon_days, asof_ts desc, known_at desc, signal_id desc
"""


class PostgresSignals:
    """The Signals port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, card_id: str, grades: Sequence[str] | None, *, as_of: datetime
    ) -> dict[str, tuple[Signal, ...]]:
        """By grade: the newest signal of each horizon."""
        found: dict[str, list[Signal]] = {}
        for row in await self._database.fetch(NEWEST, card_id, grades, as_of):
            found.setdefault(row["grade_code"], []).append(signal_from(dict(row)))
        return {grade: tuple(signals) for grade, signals in found.items()}
