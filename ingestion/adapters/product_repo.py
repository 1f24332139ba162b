"""SQL of mended mappings: a product's versions, and the sales and refused rows they concern."""

import re
from dataclasses import asdict, dataclass
from datetime import date

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.merging import TOUCHED_SCHEMA
from ingestion.domain.remapping import Remap

LIKE_CARD = """
select card_id from market.cards where card_id like %s order by card_id limit 5
"""
GRADE = "select exists (select from market.grades where grade_code = %s)"

# What counts from `since` on, unless somebody spoke of a later time after that.
STANDS = """
select (p.card_id, p.grade_code, p.by_hand) is not distinct from
    (%(card_id)s::text, %(grade_code)s::text, true)
  and not exists (select from market.product_map later
    where (later.source, later.product) = (p.source, p.product)
      and later.valid_to > %(since)s and later.known_at > p.known_at)
from market.product_map p
where (p.source, p.product) = (%(source)s, %(product)s)
  and p.valid_from <= %(since)s and %(since)s < p.valid_to
order by p.known_at desc, p.valid_from desc limit 1
"""
# The version that ends is told once more with its end, and the new one from there on.
SUPERSEDE = """
with ending as (
  select p.card_id, p.grade_code, p.valid_from, p.confidence, p.evidence, p.by_hand
  from market.product_map p
  where (p.source, p.product) = (%(source)s, %(product)s)
    and p.valid_from < %(since)s and %(since)s < p.valid_to
  order by p.known_at desc, p.valid_from desc limit 1
)
insert into market.product_map (source, product, card_id, grade_code, valid_from, valid_to,
  confidence, evidence, actor, known_at, by_hand)
select %(source)s, %(product)s, card_id, grade_code, valid_from, %(since)s, confidence, evidence,
  %(actor)s, %(known_at)s, by_hand from ending
union all
select %(source)s, %(product)s, %(card_id)s, %(grade_code)s, %(since)s, 'infinity', 1,
  %(evidence)s, %(actor)s, %(known_at)s, true
"""
DROP_MOVED = "drop table if exists pg_temp.moved"
# Sales stand in their tables under a card that the product once was, which an index finds.
MOVES = """
t.source = %(sold_by)s and t.ts >= %(since)s and t.meta ->> 'product' = %(product)s
  and t.card_id in (select card_id from market.product_map
    where (source, product) = (%(source)s, %(product)s))
  and (t.card_id, t.grade_code) is distinct from
    (%(card_id)s::text, coalesce(%(grade_code)s::text, t.grade_code))
"""
ARCHIVED_DAYS = f"""
select distinct (t.ts at time zone 'UTC')::date from market.trades_archived t where {MOVES}
"""  # noqa: S608 (constants only)
MOVED = f"""
create temp table moved on commit drop as
select t.trade_id, t.ts, t.card_id as old_card, t.grade_code as old_grade,
  %(card_id)s::text as card_id, coalesce(%(grade_code)s::text, t.grade_code) as grade_code,
  greatest(%(known_at)s, t.known_at) as known_at,
  jsonb_build_object('ts', t.ts, 'card_id', t.card_id, 'grade_code', t.grade_code,
    'price_cents', t.price_cents, 'seller', t.seller, 'known_at', t.known_at,
    'told_as', t.told_as) as believed
from market.trades t where {MOVES}
"""  # noqa: S608 (constants only)
REVISE = """
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select trade_id, ts, known_at, 'corrected', believed, believed || jsonb_build_object(
    'card_id', card_id, 'grade_code', grade_code, 'known_at', known_at), %(evidence)s, %(actor)s
from moved order by trade_id
"""
MOVE = """
update market.trades t
set (card_id, grade_code, known_at) = (m.card_id, m.grade_code, m.known_at)
from moved m where (t.trade_id, t.ts) = (m.trade_id, m.ts)
"""
TOUCHED = """
select old_card as card_id, old_grade as grade_code, (ts at time zone 'UTC')::date as day from moved
union
select card_id, grade_code, (ts at time zone 'UTC')::date from moved
"""
REFUSED = """
select distinct raw_key from market.quarantine
where source = %s and product = %s and resolved_at is null
"""
RUN_DAY = re.compile(r"/date=(\d{4}-\d\d-\d\d)/")


@dataclass(frozen=True)
class ProductRepo:
    """Port ProductMap, of one transaction."""

    connection: psycopg.Connection

    def cards_like(self, card_id: str) -> list[str]:
        """The card itself and others that begin like it, a few."""
        stem = card_id.partition("~")[0].replace("\\", "").replace("%", "").replace("_", "\\_")
        return [row[0] for row in self.connection.execute(LIKE_CARD, (f"{stem}%",)).fetchall()]

    def knows_grade(self, grade_code: str) -> bool:
        """Whether it is a code of the grading scales."""
        row = self.connection.execute(GRADE, (grade_code,)).fetchone()
        return bool(row and row[0])

    def supersede(self, remap: Remap) -> int:
        """Append the new version, and the end of the one before; 0 where it stands already."""
        stands = self.connection.execute(STANDS, asdict(remap)).fetchone()
        if stands and stands[0]:
            return 0
        return self.connection.execute(SUPERSEDE, asdict(remap)).rowcount

    def archived_days(self, remap: Remap) -> list[date]:
        """Days in archived months of sales that `move_sales` would correct."""
        found = self.connection.execute(ARCHIVED_DAYS, asdict(remap)).fetchall()
        return [day for (day,) in found]

    def move_sales(self, remap: Remap) -> tuple[int, pl.DataFrame]:
        """Correct the product's sales since then, a revision each; how many, and the
        instrument-days they left and came to."""
        told = asdict(remap)
        self.connection.execute(DROP_MOVED)
        self.connection.execute(MOVED, told)
        self.connection.execute(REVISE, told)
        moved = self.connection.execute(MOVE).rowcount
        return moved, read_frame(self.connection, TOUCHED, TOUCHED_SCHEMA)

    def refused_days(self, source: str, product: str) -> list[date]:
        """Run days of the source that have refused rows of the product."""
        keys = self.connection.execute(REFUSED, (source, product)).fetchall()
        found = (RUN_DAY.search(row[0]) for row in keys)
        return sorted({date.fromisoformat(day[1]) for day in found if day})
