"""Receipts in PostgreSQL, of the signals known at a moment: all SQL of the Receipts port."""

import json
from datetime import datetime

from api_gw.adapters.database import Database
from api_gw.domain.receipts import Receipt
from kernel.receipts import PARTS

NEWEST = """
with newest as (
  select signal_id, horizon_days, asof_ts, known_at, written_at from signals.signals
  where card_id = $1 and grade_code = $2 and horizon_days = $3 and asof_ts <= $4 and known_at <= $4
  order by asof_ts desc, known_at desc, signal_id desc limit 1)
select n.*, c.said::text, c.inputs::text, c.snapshot::text, c.models::text, r.said as said_digest,
  r.inputs as inputs_digest, r.snapshot as snapshot_digest, r.models as models_digest, r.hash
from newest n
cross join lateral signals.receipt_contents(array[n.signal_id]) c
left join signals.receipts r on r.signal_id = n.signal_id
"""


class PostgresReceipts:
    """The Receipts port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, card_id: str, grade_code: str, *, horizon: int, as_of: datetime
    ) -> Receipt | None:
        """Of the newest signal known at the moment."""
        for row in await self._database.fetch(NEWEST, card_id, grade_code, horizon, as_of):
            kept = row["hash"] is not None
            return Receipt(
                signal_id=row["signal_id"],
                horizon_days=row["horizon_days"],
                asof_ts=row["asof_ts"],
                known_at=row["known_at"],
                written_at=row["written_at"],
                contents={part: json.loads(row[part] or "null") for part in PARTS},
                digests={part: row[f"{part}_digest"] for part in PARTS} if kept else None,
                hash=row["hash"],
            )
        return None
