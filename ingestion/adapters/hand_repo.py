"""SQL of what a person says of one price: that a sale was revoked or stands, or that it is real."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import psycopg

from ingestion.adapters.sale_histories import hear
from ingestion.domain.statements import SAID, turns
from ingestion.ports.by_hand import Price, Turn

SOURCE = """
select source from market.trades where trade_id = %(id)s
union all select source from market.trades_archived where trade_id = %(id)s
"""
TRADE = "select card_id, grade_code, ts, known_at from market.trades where trade_id = %s"
REPORT = """
select card_id, grade_code, day::timestamp at time zone 'UTC', known_at
from market.reported_prices where report_id = %s
"""
# A sale that is revoked has an end; one that stands again has a version that began so.
LAST_TURN = """
select 'revoked', until from market.trades where trade_id = %(id)s and until is not null
union all
select 'reinstated', known_at from market.trade_versions
where trade_id = %(id)s and began = 'reinstated'
order by 2 desc limit 1
"""
# A word stands until a person says another one of the same price.
JUDGE = """
insert into market.outlier_verdicts (subject, subject_id, card_id, grade_code, event_at, known_at,
  verdict, rule, actor)
select %(subject)s, %(key)s, %(card_id)s, %(grade_code)s, %(event_at)s, %(said_at)s, %(verdict)s,
  %(reason)s, %(actor)s
where not exists (
  select from market.outlier_verdicts v
  where (v.subject, v.subject_id, v.card_id, v.grade_code)
      = (%(subject)s, %(key)s, %(card_id)s, %(grade_code)s)
    and (v.actor, v.verdict) = (%(actor)s, %(verdict)s)
    and not exists (
      select from market.outlier_verdicts w
      where (w.subject, w.subject_id, w.card_id, w.grade_code)
          = (v.subject, v.subject_id, v.card_id, v.grade_code)
        and w.actor <> 'rule' and w.verdict <> v.verdict
        and (w.known_at, w.verdict_id) > (v.known_at, v.verdict_id)))
"""


@dataclass(frozen=True)
class HandRepo:
    """Port ByHand, of one transaction."""

    connection: psycopg.Connection

    def source(self, trade_id: int) -> str | None:
        """Who told a sale, wherever it is kept."""
        row = self.connection.execute(SOURCE, {"id": trade_id}).fetchone()
        return None if row is None else str(row[0])

    def price(self, subject: str, key: int) -> Price | None:
        """The sale (`trade`) or figure (`report`) as it is believed now."""
        row = self.connection.execute(TRADE if subject == "trade" else REPORT, (key,)).fetchone()
        return None if row is None else Price(subject, key, *row)

    def last_turn(self, trade_id: int) -> Turn | None:
        """The newest revocation or reinstatement of a sale."""
        row = self.connection.execute(LAST_TURN, {"id": trade_id}).fetchone()
        return None if row is None else Turn(*row)

    def revise(self, price: Price, turn: Turn, *, reason: str, actor: str) -> pl.DataFrame:
        """Append a revocation or reinstatement; card_id, grade_code and day of what it changes."""
        sale = {"trade_id": [price.key], "known_at": [turn.known_at], "reason": [reason]}
        schema = {name: SAID[name] for name in sale}
        said = turns(pl.DataFrame(sale, schema=schema), turn.action, actor)
        return hear(self.connection, said).changes.touched

    def judge(
        self, price: Price, verdict: str, *, known_at: datetime, reason: str, actor: str
    ) -> bool:
        """Append a verdict; not where the actor's same word stands already. Whether it was."""
        told = price._asdict() | {"said_at": known_at, "verdict": verdict}
        told |= {"reason": reason, "actor": actor}
        return self.connection.execute(JUDGE, told).rowcount == 1
