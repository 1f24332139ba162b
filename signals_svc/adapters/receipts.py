"""Receipts of signals: written with them, read back to be checked. All their SQL."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.rows import dict_row

from kernel.days import end_of
from kernel.ids import CardId, GradeCode, Instrument
from kernel.receipts import PARTS, digest_of_text, receipt_hash
from signals_svc.domain.receipts import Receipt

CONTENTS = """
select signal_id, said::text, inputs::text, snapshot::text, models::text
from signals.receipt_contents(%s) order by signal_id
"""
BATCH = 2_000  # signals a read: each brings its features

OF_NIGHT = """
select signal_id from signals.signals
where asof_ts = %(night)s and (%(card)s::text is null or card_id = %(card)s)
order by signal_id
"""

CHECKED = """
select c.signal_id, s.card_id, s.grade_code, s.horizon_days, s.known_at, s.feature_version,
  c.said, c.inputs, c.snapshot, c.models,
  case when r.hash is not null then
    jsonb_build_object('said', r.said, 'inputs', r.inputs, 'snapshot', r.snapshot,
      'models', r.models) end as digests, r.hash
from signals.receipt_contents(%s) c join signals.signals s using (signal_id)
left join signals.receipts r using (signal_id)
order by c.signal_id
"""


def write_receipts(connection: psycopg.Connection, signals: Sequence[int]) -> None:
    """Hash these signals as they are stored: what is read back is what will be checked."""
    # The signals of an instrument share its features, and all of them their models.
    hashed = lru_cache(maxsize=BATCH)(lambda text: digest_of_text(text or "null"))
    for first in range(0, len(signals), BATCH):
        rows = connection.execute(CONTENTS, (signals[first : first + BATCH],)).fetchall()
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "copy signals.receipts (signal_id, said, inputs, snapshot, models, hash) from stdin"
            ) as copy,
        ):
            for signal_id, *texts in rows:
                digests = dict(zip(PARTS, map(hashed, texts), strict=True))
                copy.write_row((signal_id, *digests.values(), receipt_hash(digests)))


class Receipts:
    """Port ReceiptStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def of_night(self, as_of: date, *, card_id: str | None) -> Iterator[Receipt]:
        """Of every word on the night, of one card if named, in the order they were said."""
        asked = {"night": end_of(as_of), "card": card_id}
        signals = [one for (one,) in self._connection.execute(OF_NIGHT, asked).fetchall()]
        for first in range(0, len(signals), BATCH):
            with self._connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(CHECKED, (signals[first : first + BATCH],)).fetchall()
            yield from map(_receipt, rows)


def _receipt(row: dict[str, Any]) -> Receipt:
    known_at: datetime = row["known_at"]
    return Receipt(
        signal_id=row["signal_id"],
        instrument=Instrument(CardId(row["card_id"]), GradeCode(row["grade_code"])),
        horizon_days=row["horizon_days"],
        known_at=known_at,
        feature_version=row["feature_version"],
        contents={part: row[part] for part in PARTS},
        digests=row["digests"],
        hash=row["hash"],
    )
