"""SQL of mended mappings: a product's versions, and the prices and refused rows they concern."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.merging import TOUCHED_SCHEMA
from ingestion.adapters.sale_histories import hear
from ingestion.domain.errors import CardUnknown
from ingestion.domain.records import UTC_US, Schema
from ingestion.domain.remapping import Remap
from ingestion.domain.statements import SAID
from ingestion.ports.catalog import Moved
from kernel.db.staging import stage_frame

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
# Prices stand in their tables under a card that the product once was, or of its printings, which an
# index finds; a source that names catalog ids needs no mapping for it.
ONCE_WAS = """(
  select named.card_id || printing from (
    select card_id from market.product_map where (source, product) = (%(source)s, %(product)s)
    union select %(product)s::text) named, unnest(%(printings)s::text[]) printing)"""
IS_NOW = """%(card_id)s::text || coalesce('~' || (p.meta ->> 'printing'), '') as card_id,
  coalesce(%(grade_code)s::text, p.meta ->> 'stated', p.grade_code) as grade_code,
  coalesce(p.meta ->> 'stated', p.grade_code) as stated, p.meta - 'stated' as meta"""
# Learned now, and after whatever was known before: a clock may have been ahead.
LEARNED = "greatest(%(known_at)s, p.known_at + interval '1 microsecond')"
DROP_MOVED = "drop table if exists pg_temp.moved, pg_temp.moved_reports"
OF_SALES = f"""
cross join lateral (select {IS_NOW}) now_is
where p.source = any(%(sources)s) and p.ts >= %(since)s and p.meta ->> 'product' = %(product)s
  and p.card_id in {ONCE_WAS}
  and (p.card_id, p.grade_code) is distinct from (now_is.card_id, now_is.grade_code)
"""  # noqa: S608 (constants only)
OF_REPORTS = f"""
cross join lateral (select {IS_NOW}) now_is
where p.source = any(%(sources)s) and p.meta ->> 'product' = %(product)s
  and p.day >= (%(since)s::timestamptz at time zone 'UTC')::date
  and p.card_id in {ONCE_WAS}
  and (p.card_id, p.grade_code) is distinct from (now_is.card_id, now_is.grade_code)
"""  # noqa: S608 (constants only)
ARCHIVED_DAYS = f"""
select (p.ts at time zone 'UTC')::date from market.trades_archived p {OF_SALES}
union
select p.day from market.reported_prices_archived p {OF_REPORTS}
"""  # noqa: S608 (constants only)
# As screening writes it: the stated grade is told where the map says another.
META = """case when {0}.stated <> {0}.grade_code
  then {0}.meta || jsonb_build_object('stated', {0}.stated) else {0}.meta end"""
MOVED = f"""
create temp table moved on commit drop as
select p.trade_id, p.reported_at, coalesce(word.place, 0) as place, {LEARNED} as known_at,
  p.told_as, p.ts, now_is.card_id, now_is.grade_code, p.price_cents, p.seller,
  p.source, p.source_sale_id, p.url, {META.format("now_is")} as meta,
  coalesce(word.action, 'told') as action
from market.trades p
left join lateral (
  select h.place, h.action from market.trade_statements h
  where (h.trade_id, h.reported_at, h.told_as) = (p.trade_id, p.reported_at, p.told_as)
    and h.action in ('told', 'cancelled')
  order by h.place desc, h.known_at desc limit 1) word on true
{OF_SALES}
"""  # noqa: S608 (constants only)
MOVED_REPORTS = f"""
create temp table moved_reports on commit drop as
select p.report_id, p.day, p.card_id as old_card, p.grade_code as old_grade, p.known_at as since,
  now_is.*, {LEARNED} as known_at
from market.reported_prices p {OF_REPORTS}
"""  # noqa: S608 (constants only)
UNMADE = """
select distinct card_id from (select card_id from moved union select card_id from moved_reports) m
where not exists (select from market.cards c where c.card_id = m.card_id) order by card_id limit 1
"""
REVISE_REPORTS = """
insert into market.report_revisions
  (report_id, day, card_id, grade_code, since, known_at, reason, actor)
select report_id, day, old_card, old_grade, since, known_at, %(evidence)s, %(actor)s
from moved_reports order by report_id, day
"""
MOVE_REPORTS = f"""
update market.reported_prices r
set (card_id, grade_code, known_at, meta) =
  (m.card_id, m.grade_code, m.known_at, {META.format("m")})
from moved_reports m where (r.report_id, r.day) = (m.report_id, m.day)
"""  # noqa: S608 (constants only)
MOVED_SALES = "select * from moved"
TOUCHED = """
select old_card as card_id, old_grade as grade_code, day from moved_reports
union
select card_id, grade_code, day from moved_reports
"""
LEARNED_SINCE = """
select p.product, p.card_id, p.grade_code as product_grade,
  greatest(p.valid_from, '0001-01-01') as valid_from, least(p.valid_to, '9999-12-31') as valid_to,
  p.known_at
from market.product_map p join wanted_map w using (source)
where w.since is null or p.known_at > w.since
"""
LEARNED_ROWS: Schema = {
    "product": pl.String,
    "card_id": pl.String,
    "product_grade": pl.String,
    "valid_from": UTC_US,
    "valid_to": UTC_US,
    "known_at": UTC_US,
}
MOVED_AS = {name: kind for name, kind in SAID.items() if name not in ("actor", "reason")}
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

    def learned(self, source: str, *, since: datetime | None) -> pl.DataFrame:
        """Rows of the map known after that (None: all of them): what they say, and when."""
        wanted = pl.DataFrame(
            {"source": [source], "since": [since]}, schema={"source": pl.String, "since": UTC_US}
        )
        stage_frame(self.connection, "wanted_map", wanted)
        return read_frame(self.connection, LEARNED_SINCE, LEARNED_ROWS)

    def archived_days(
        self, remap: Remap, sources: Sequence[str], printings: Sequence[str]
    ) -> list[date]:
        """Days in archived months of prices that `move_prices` would correct."""
        found = self.connection.execute(ARCHIVED_DAYS, _told(remap, sources, printings)).fetchall()
        return [day for (day,) in found]

    def move_prices(self, remap: Remap, sources: Sequence[str], printings: Sequence[str]) -> Moved:
        """Correct what the sources told of the product since then, known now.

        Raises CardUnknown where a printing of the new card is not in the catalog.
        """
        told = _told(remap, sources, printings)
        self.connection.execute(DROP_MOVED)
        self.connection.execute(MOVED, told)
        self.connection.execute(MOVED_REPORTS, told)
        unmade = self.connection.execute(UNMADE).fetchone()
        if unmade is not None:
            raise CardUnknown(unmade[0], self.cards_like(unmade[0]))
        sales = read_frame(self.connection, MOVED_SALES, MOVED_AS)
        by_person = {"actor": pl.lit(remap.actor), "reason": pl.lit(remap.evidence)}
        heard = hear(self.connection, sales.with_columns(**by_person).select(list(SAID)))
        self.connection.execute(REVISE_REPORTS, told)
        figures = self.connection.execute(MOVE_REPORTS).rowcount
        touched = read_frame(self.connection, TOUCHED, TOUCHED_SCHEMA)
        days = pl.concat([touched, heard.changes.touched]).unique()
        return Moved(heard.changes.corrected, figures, days)

    def refused_days(self, source: str, product: str) -> list[date]:
        """Run days of the source that have refused rows of the product."""
        keys = self.connection.execute(REFUSED, (source, product)).fetchall()
        found = (RUN_DAY.search(row[0]) for row in keys)
        return sorted({date.fromisoformat(day[1]) for day in found if day})


def _told(remap: Remap, sources: Sequence[str], printings: Sequence[str]) -> dict[str, object]:
    return asdict(remap) | {
        "sources": list(sources),
        "printings": ["", *(f"~{printing}" for printing in printings)],
    }
