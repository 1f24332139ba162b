"""SQL of trades and reported prices: set-based merges, versions, months."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
import psycopg

from ingestion.adapters.cancelling import stage_cancelled, turn_cancelled
from ingestion.adapters.copying import read_frame
from ingestion.adapters.late_versions import NOTE
from ingestion.adapters.merging import CORRECT, MEET, MERGE_REPORTS, NEW, TOUCHED, TOUCHED_SCHEMA
from ingestion.adapters.new_months import NewMonths
from ingestion.adapters.refusing import settle_refusals
from ingestion.adapters.report_versions import REPORT_VERSIONS
from ingestion.domain.cancelled import without_status
from ingestion.domain.curated import BARS, QUOTES, TRADES
from ingestion.domain.latest import versions_told
from ingestion.domain.marks import monthly_marks
from ingestion.domain.records import RECORDS, UTC_US
from ingestion.domain.versions import VERSIONS
from ingestion.ports.prices import Merged, Settled
from kernel.db.staging import stage_frame

# Where an instrument's whole past is asked for, archived months are part of it; where days are,
# their months are in the tables.
PRESENT = {"trades": "market.trades", "reported_prices": "market.reported_prices"}
WHOLE = {
    "trades": """(
    select trade_id, card_id, grade_code, ts, price_cents, seller, known_at from market.trades
    union all
    select trade_id, card_id, grade_code, ts, price_cents, seller, known_at
    from market.trades_archived)""",
    "reported_prices": """(
    select report_id, day, card_id, grade_code, kind, source, price_cents, high_cents, low_cents,
      units, known_at, reports from market.reported_prices
    union all
    select report_id, day, card_id, grade_code, kind, source, price_cents, high_cents, low_cents,
      units, known_at, reports from market.reported_prices_archived)""",
}
ALWAYS = (date(1, 1, 1), date(9999, 12, 30))

# What is believed now, and what was before: what stood before the first correction, and what each
# said, until the next said something else; of each only the stretches in which the sale was not
# known to be revoked. The bounds of all instruments together keep months out of the plan that no
# instrument asks of.
TRADE_VERSIONS = """
with asked as (
  select r.trade_id from market.trade_revisions r
  join wanted w on (w.card_id, w.grade_code) = (r.before ->> 'card_id', r.before ->> 'grade_code')
  where r.action = 'corrected'
  union
  select r.trade_id from market.trade_revisions r
  join wanted w on (w.card_id, w.grade_code) = (r.after ->> 'card_id', r.after ->> 'grade_code')
  where r.action = 'corrected'
), links as (
  select r.trade_id, r.known_at, r.before, r.after,
    row_number() over chain = 1 as first,
    coalesce(lag(r.after) over chain, r.before) as was
  from market.trade_revisions r join asked using (trade_id) where r.action = 'corrected'
  window chain as (partition by r.trade_id order by r.known_at)
), changes as (
  select trade_id, after, known_at, lead(known_at) over (
    partition by trade_id order by known_at) as until
  from links
  where after - '{{known_at,reported_at,told_as}}'::text[]
    <> was - '{{known_at,reported_at,told_as}}'::text[]
), past as (
  select trade_id, before as content, (before ->> 'known_at')::timestamptz as known_at,
    (select min(c.known_at) from changes c where c.trade_id = l.trade_id) as until
  from links l where first
  union all
  select trade_id, after, known_at, until from changes where until is not null
), believed as (
  select t.trade_id as key, t.card_id, t.grade_code, t.ts, t.price_cents, t.seller, t.known_at,
    null::timestamptz as until
  from {trades} t join wanted w using (card_id, grade_code)
  where t.ts >= w.since and t.ts < w.before
    and t.ts >= (select min(since) from wanted) and t.ts < (select max(before) from wanted)
  union all
  select p.trade_id, card_id, grade_code, ts, price_cents, content ->> 'seller', p.known_at, p.until
  from past p
  cross join lateral (select content ->> 'card_id' as card_id, content ->> 'grade_code'
    as grade_code, (content ->> 'ts')::timestamptz as ts,
    (content ->> 'price_cents')::int as price_cents) read
  join wanted w using (card_id, grade_code)
  where p.known_at < p.until and read.ts >= w.since and read.ts < w.before
), turns as (
  select trade_id, action, known_at, lead(known_at) over (
    partition by trade_id order by known_at, revision_id) as next
  from market.trade_revisions where action in ('revoked', 'reinstated')
), stands as (
  select trade_id as key, null::timestamptz as since, min(known_at) as till
  from turns group by trade_id
  union all
  select trade_id, known_at, next from turns where action = 'reinstated'
)
select 'trade' as subject, 'trade' as kind, key, card_id, grade_code, ts, price_cents,
  null::int as high_cents, null::int as low_cents, 1 as units, seller,
  greatest(known_at, since) as known_at, least(until, till) as until
from believed left join stands using (key)
where greatest(known_at, since) < coalesce(least(until, till), 'infinity')
"""

TRADES_OF_MONTH = """
select trade_id, ts, card_id, grade_code, source, source_sale_id, price_cents, seller, url,
  known_at, meta::text as meta
from market.trades join month on ts >= first and ts < next
where trade_id not in (
  select trade_id from market.trade_revisions where action in ('revoked', 'reinstated')
  group by trade_id
  having (array_agg(action order by known_at desc, revision_id desc))[1] = 'revoked')
order by ts, trade_id
"""
BARS_OF_MONTH = """
select p.* from market.prices_daily p join month on day >= first::date and day < next::date
order by card_id, grade_code, kind, day
"""
QUOTES_OF_MONTH = """
select report_id, day, card_id, grade_code, source, price_cents, known_at,
  reports[1] as reported_at
from market.reported_prices join month on day >= first::date and day < next::date
where kind = 'quote' order by day, card_id, grade_code, report_id
"""
MONTHLY = {
    "trades": (TRADES_OF_MONTH, TRADES),
    "prices_daily": (BARS_OF_MONTH, BARS),
    "quotes": (QUOTES_OF_MONTH, QUOTES),
}


@dataclass(frozen=True)
class PriceRepo:
    """Trades and reported prices of one transaction."""

    connection: psycopg.Connection

    def merge_trades(self, records: pl.DataFrame) -> Merged:
        """Set-based: new sales in, changed ones corrected with a revision each.

        Versions of one sale are merged one after another, as if each had come by itself. Months
        that are missing are made, and filled at twice the speed of those that are there.
        """
        stage_cancelled(self.connection, records)
        each = [self._merge_version(told) for told in versions_told(records)]
        turned = turn_cancelled(self.connection, records)
        days = turned.drop("action").with_columns(through="day")
        sums = {
            name: sum(getattr(one, name) for one in each)
            for name in ("added", "corrected", "known_earlier")
        }
        revoked = turned.filter(pl.col("action") == "revoked").height
        return Merged(
            **sums,
            unchanged=records.height - sum(sums.values()),
            revoked=revoked,
            reinstated=turned.height - revoked,
            touched=pl.concat([days, *(one.touched.select(days.columns) for one in each)]).unique(),
        )

    def _merge_version(self, told: pl.DataFrame) -> Merged:
        once = without_status(told)
        filled = NewMonths(self.connection).fill(once)
        rest = once.join(filled, on="record_id", how="anti") if filled.height else once
        merged = self._merge(rest, "staged_trades", [MEET, NOTE, *CORRECT, *NEW])
        days = merged.touched.with_columns(through="day")
        return replace(
            merged,
            added=merged.added + filled.height,
            touched=pl.concat([days, monthly_marks(filled).select(days.columns)]),
        )

    def settle_refusals(self, source: str, records: pl.DataFrame) -> Settled:
        """Revoke sales whose last word is refused, reinstate those that are taken again."""
        return settle_refusals(self.connection, source, records)

    def merge_reports(self, records: pl.DataFrame) -> Merged:
        """Set-based: figures not seen before in."""
        merged = self._merge(records, "staged_reports", MERGE_REPORTS)
        return replace(merged, touched=merged.touched.with_columns(through="day"))

    def _merge(self, records: pl.DataFrame, table: str, steps: list[str]) -> Merged:
        if records.is_empty():
            return Merged(touched=pl.DataFrame(schema=TOUCHED_SCHEMA))
        stage_frame(self.connection, table, records.select(list(RECORDS)).sort("ts", "record_id"))
        self.connection.execute("drop table if exists pg_temp.touched")
        for step in steps:
            self.connection.execute(step)
        counted = self.connection.execute("select why, count(*) from touched group by why")
        counts: dict[str, int] = dict(counted.fetchall())
        touched = read_frame(self.connection, TOUCHED, TOUCHED_SCHEMA)
        merged = Merged(
            added=counts.get("added", 0),
            corrected=counts.get("corrected", 0),
            known_earlier=counts.get("known_earlier", 0),
            touched=touched,
        )
        return replace(merged, unchanged=records.height - merged.written)

    def versions(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Every version of every sale and reported figure that is asked of, as VERSIONS.

        `asked`: card_id, grade_code and, where not all of its past is, the days `first` to `last`.
        """
        places = PRESENT if "first" in asked.columns else WHOLE
        always = [
            pl.lit(day).alias(name)
            for name, day in zip(("first", "last"), ALWAYS, strict=True)
            if name not in asked.columns
        ]
        whole = asked.with_columns(always)
        wanted = whole.group_by("card_id", "grade_code").agg(
            pl.col("first").min(),
            pl.col("last").max(),
            since=pl.col("first").min().cast(UTC_US),
            before=pl.col("last").max().dt.offset_by("1d").cast(UTC_US),
        )
        return self._versions(wanted, places)

    def versions_since(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Of sales the versions from a moment on, of figures all, archived months included.

        `asked`: card_id, grade_code and `since`.
        """
        if asked.is_empty():
            return pl.DataFrame(schema=VERSIONS)
        first, last = (pl.lit(day) for day in ALWAYS)
        before = last.cast(UTC_US)
        columns = {"first": first, "last": last, "before": before}
        wanted = asked.select("card_id", "grade_code", "since").with_columns(**columns)
        return self._versions(wanted, WHOLE)

    def _versions(self, wanted: pl.DataFrame, places: Mapping[str, str]) -> pl.DataFrame:
        stage_frame(self.connection, "wanted", wanted)
        told = (
            read_frame(self.connection, query.format(**places), VERSIONS)
            for query in (TRADE_VERSIONS, *REPORT_VERSIONS)
        )
        return pl.concat(told)

    def month(self, table: str, month: date) -> pl.DataFrame:
        """One month of `trades`, `prices_daily` or `quotes`, in key order."""
        following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
        bounds = pl.DataFrame({"first": [month.replace(day=1)], "next": [following]})
        stage_frame(self.connection, "month", bounds.cast(UTC_US))
        query, schema = MONTHLY[table]
        return read_frame(self.connection, query, schema)
