"""What has to be told: signals for the cache, flips for the bus. All their SQL."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import psycopg
from psycopg.rows import dict_row

from kernel.cache import SIGNAL_FIELDS
from kernel.db.staging import stage_rows
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.adapters.flips import FLIP_COLUMNS
from signals_svc.domain.signal import Flip
from signals_svc.ports.outbox import ServedSignals

# Numeric columns as double precision: JSON numbers, six decimals survive.
SERVED = """
with changed as (
  select distinct card_id, grade_code from signals.signals where written_at >= %(since)s)
select distinct on (s.card_id, s.grade_code, s.horizon_days)
  s.card_id, s.grade_code, s.horizon_days, s.asof_ts, s.action,
  s.conviction::double precision, s.expected_return::double precision,
  s.risk::double precision, s.utility::double precision, s.price_cents, s.series, s.reasons,
  s.model_version, s.feature_version
from signals.signals s join changed using (card_id, grade_code)
order by s.card_id, s.grade_code, s.horizon_days desc, s.asof_ts desc, s.known_at desc,
  s.signal_id desc
"""

# Held until the commit that marks them: two publishers never send the same flip.
UNPUBLISHED = """
select card_id, grade_code, horizon_days, asof_ts, model_version, from_action, to_action,
  conviction::double precision
from signals.flips where published_at is null
order by asof_ts, card_id, grade_code, horizon_days, model_version
limit %(limit)s
for update skip locked
"""

MARK_PUBLISHED = """
update signals.flips f set published_at = %(now)s from flips_done d
where (f.card_id, f.grade_code, f.horizon_days, f.asof_ts, f.model_version, f.to_action)
  = (d.card_id, d.grade_code, d.horizon_days, d.asof_ts, d.model_version, d.to_action)
"""


class SignalOutbox:
    """Port Outbox."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def served(self, *, since: datetime) -> list[ServedSignals]:
        """Instruments with a signal written since the moment, and their newest signals."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(SERVED, {"since": since}).fetchall()
        return [
            ServedSignals(
                Instrument(CardId(card), GradeCode(grade)),
                [{name: row[name] for name in SIGNAL_FIELDS} for row in of_instrument],
            )
            for (card, grade), of_instrument in groupby(
                rows, key=lambda row: (row["card_id"], row["grade_code"])
            )
        ]

    def unpublished(self, *, limit: int) -> list[Flip]:
        """Flips the bus has not taken and nobody else is sending, oldest first."""
        rows = self._connection.execute(UNPUBLISHED, {"limit": limit}).fetchall()
        return [Flip(*row) for row in rows]

    def published(self, flips: Sequence[Flip], *, now: datetime) -> None:
        """Mark flips as taken."""
        stage_rows(self._connection, "flips_done", FLIP_COLUMNS, flips)
        self._connection.execute(MARK_PUBLISHED, {"now": now})
