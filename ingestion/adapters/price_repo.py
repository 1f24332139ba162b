"""SQL of trades and reported prices: set-based merges, versions, months."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.merging import MERGE_REPORTS, TOUCHED, TOUCHED_SCHEMA
from ingestion.adapters.new_months import NewMonths
from ingestion.adapters.refusing import settle_refusals
from ingestion.adapters.report_versions import REPORT_VERSIONS
from ingestion.adapters.sale_histories import hear
from ingestion.domain.curated import BARS, QUOTES, TRADES
from ingestion.domain.marks import monthly_marks
from ingestion.domain.records import RECORDS, UTC_US
from ingestion.domain.statements import statements_of
from ingestion.domain.versions import VERSIONS
from ingestion.ports.prices import Merged, Settled
from kernel.db.staging import stage_frame

# Where an instrument's whole past is asked for, archived months are part of it; where days are,
# their months are in the tables.
PRESENT = {"trades": "market.trades", "reported_prices": "market.reported_prices"}
WHOLE = {
    "trades": """(
    select trade_id, card_id, grade_code, ts, price_cents, seller, known_at, until
    from market.trades
    union all
    select trade_id, card_id, grade_code, ts, price_cents, seller, known_at, until
    from market.trades_archived)""",
    "reported_prices": """(
    select report_id, day, card_id, grade_code, kind, source, price_cents, high_cents, low_cents,
      units, known_at, reports from market.reported_prices
    union all
    select report_id, day, card_id, grade_code, kind, source, price_cents, high_cents, low_cents,
      units, known_at, reports from market.reported_prices_archived)""",
}
ALWAYS = (date(1, 1, 1), date(9999, 12, 30))

# What is believed now, and what was before. The bounds of all instruments together keep months out
# of the plan that no instrument asks of.
TRADE_VERSIONS = """
with told as (
  select t.trade_id, t.card_id, t.grade_code, t.ts, t.price_cents, t.seller, t.known_at, t.until
  from {trades} t join wanted w using (card_id, grade_code)
  where t.ts >= w.since and t.ts < w.before
    and t.ts >= (select min(since) from wanted) and t.ts < (select max(before) from wanted)
  union all
  select v.trade_id, v.card_id, v.grade_code, v.ts, v.price_cents, v.seller, v.known_at, v.until
  from market.trade_versions v join wanted w using (card_id, grade_code)
  where not v.present and v.ts >= w.since and v.ts < w.before
)
select 'trade' as subject, 'trade' as kind, trade_id as key, card_id, grade_code, ts, price_cents,
  null::int as high_cents, null::int as low_cents, 1 as units, seller, known_at, until
from told where known_at < coalesce(until, 'infinity')
"""

TRADES_OF_MONTH = """
select trade_id, ts, card_id, grade_code, source, source_sale_id, price_cents, seller, url,
  known_at, meta::text as meta
from market.trades join month on ts >= first and ts < next
where until is null
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
        """Set-based: new sales in, of others what was not said of them yet.

        Months that are missing are made, and filled at twice the speed of those that are there.
        """
        said = statements_of(records)
        filled = NewMonths(self.connection).fill(said)
        rest = said.join(filled, on="trade_id", how="anti") if filled.height else said
        heard = hear(self.connection, rest)
        changed = heard.changes
        days = pl.concat([heard.added_days, changed.touched]).with_columns(through="day")
        marks = monthly_marks(filled).select(days.columns)
        merged = Merged(
            touched=pl.concat([days, marks]).unique(),
            added=filled.height + heard.added,
            corrected=changed.corrected,
            known_earlier=changed.known_earlier,
            revoked=changed.revoked,
            reinstated=changed.reinstated,
        )
        return replace(merged, unchanged=records.height - merged.written)

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
