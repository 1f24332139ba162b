"""SQL of what a person says of one price: revisions of sales, verdicts on sales and figures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl
import psycopg

from ingestion.adapters.merging import TOUCHED_SCHEMA
from ingestion.ports.by_hand import Price, Turn

# A claimed past belief has days of its own; bars of all of them may follow.
TRADE = """
select card_id, grade_code, ts, known_at, jsonb_build_object('ts', ts, 'card_id', card_id,
  'grade_code', grade_code, 'price_cents', price_cents, 'seller', seller, 'known_at', known_at,
  'told_as', told_as)::text
from market.trades where trade_id = %s
"""
REPORT = """
select card_id, grade_code, day::timestamp at time zone 'UTC', known_at, null
from market.reported_prices where report_id = %s
"""
DAYS = """
select card_id, grade_code, (ts at time zone 'UTC')::date from market.trades where trade_id = %(id)s
union
select before ->> 'card_id', before ->> 'grade_code',
  ((before ->> 'ts')::timestamptz at time zone 'UTC')::date
from market.trade_revisions where trade_id = %(id)s and before is not null
"""
LAST_TURN = """
select action, known_at from market.trade_revisions
where trade_id = %s and action in ('revoked', 'reinstated')
order by known_at desc, revision_id desc limit 1
"""
REVISE = """
insert into market.trade_revisions (trade_id, ts, known_at, action, before, reason, actor)
values (%s, %s, %s, %s, %s, %s, %s)
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

    def price(self, subject: str, key: int) -> Price | None:
        """The sale (`trade`) or figure (`report`) as it is believed now."""
        row = self.connection.execute(TRADE if subject == "trade" else REPORT, (key,)).fetchone()
        return None if row is None else Price(subject, key, *row)

    def days(self, price: Price) -> pl.DataFrame:
        """card_id, grade_code and day of everything that was ever believed of it."""
        if price.subject == "trade":
            rows = self.connection.execute(DAYS, {"id": price.key}).fetchall()
        else:
            rows = [(price.card_id, price.grade_code, _utc_day(price.event_at))]
        return pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row")

    def last_turn(self, trade_id: int) -> Turn | None:
        """The newest revocation or reinstatement of a sale."""
        row = self.connection.execute(LAST_TURN, (trade_id,)).fetchone()
        return None if row is None else Turn(*row)

    def revise(self, price: Price, turn: Turn, *, reason: str, actor: str) -> None:
        """Append a revocation or reinstatement."""
        row = (price.key, price.event_at, turn.known_at, turn.action, price.content, reason, actor)
        self.connection.execute(REVISE, row)

    def judge(
        self, price: Price, verdict: str, *, known_at: datetime, reason: str, actor: str
    ) -> bool:
        """Append a verdict; not where the actor's same word stands already. Whether it was."""
        told = price._asdict() | {"said_at": known_at, "verdict": verdict}
        told |= {"reason": reason, "actor": actor}
        return self.connection.execute(JUDGE, told).rowcount == 1


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
