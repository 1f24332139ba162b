"""SQL of divergences: what each source and grade says of late, and the flags raised on it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.domain.divergence import CLOSES, DIVERGENCES, FLAGS, MEDIANS
from ingestion.domain.records import UTC_US, Schema
from kernel.db.staging import stage_frame

INSTRUMENT: Schema = {"card_id": pl.String, "grade_code": pl.String}

# A price stands for its source until it is revoked or a person rejects it. What the rule calls an
# outlier stays in: a source that is wrong throughout is an outlier throughout.
TOLD = """
with trade as (
  select t.card_id, t.grade_code, t.source, t.price_cents, 'trade' as subject, t.trade_id as key
  from market.trades t {span}
  where t.ts >= span.first and t.ts < span.ends and t.known_at <= span.ends
    and coalesce(t.until, 'infinity') > span.ends
  union all
  select v.card_id, v.grade_code, t.source, v.price_cents, 'trade', v.trade_id
  from market.trade_versions v {span} join (
    select trade_id, source from market.trades
    union all select trade_id, source from market.trades_archived) t using (trade_id)
  where not v.present and v.ts >= span.first and v.ts < span.ends
    and v.known_at <= span.ends and v.until > span.ends
), told as (
  select * from trade
  union all
  select r.card_id, r.grade_code, r.source, r.price_cents, 'report', r.report_id
  from market.reported_prices r {span}
  where r.day >= span.first::date and r.day < span.ends::date and r.known_at <= span.ends
)
select card_id, grade_code, source, count(*) as prices,
  percentile_cont(0.5) within group (order by price_cents) as median_cents
from told
where not exists (
  select from market.outlier_verdicts v
  where (v.subject, v.subject_id) = (told.subject, told.key) and v.card_id = told.card_id
    and v.grade_code = told.grade_code and v.verdict = 'rejected'
    and not exists (select from market.outlier_verdicts w
      where (w.subject, w.subject_id, w.card_id, w.grade_code)
          = (v.subject, v.subject_id, v.card_id, v.grade_code)
        and w.verdict = 'confirmed' and w.verdict_id > v.verdict_id))
group by card_id, grade_code, source
"""
NEWEST = """
select distinct on (b.card_id, b.kind, b.grade_code)
  b.card_id, c.set_id, b.kind, b.grade_code, b.close_cents
from span cross join lateral market.bars_known(span.ends) b
join market.cards c on c.card_id = b.card_id {of_set}
where b.day >= span.first::date and b.day < span.ends::date and b.grade_code in ('raw', 'psa10')
order by b.card_id, b.kind, b.grade_code, b.day desc
"""
OF_ALL, OF_INSTRUMENT = "cross join span", "join span using (card_id, grade_code)"
OF_SET = "and c.set_id = span.set_id"
SPANS_OF_INSTRUMENTS = """
select card_id, grade_code, as_of from market.divergences
where closed_at is null and rule = 'sources'
"""
SPANS_OF_SETS = """
select c.set_id, min(d.as_of) as as_of from market.divergences d join market.cards c using (card_id)
where d.closed_at is null and d.rule = 'grade_ratio' group by c.set_id
"""
OPEN_FLAGS = "select card_id, grade_code, rule from market.divergences where closed_at is null"
LAST = "select max(greatest(as_of, closed_as_of)) from market.divergences"
NEWEST_DAY = "select market.newest_day_known('infinity')"
OPEN_NOW = "select distinct card_id, grade_code from market.divergences where closed_at is null"
OPEN = """
insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence, detail, opened_at)
select card_id, grade_code, rule, %(as_of)s, ratio, fence, detail::jsonb, %(now)s from found
on conflict (card_id, grade_code, rule) where closed_at is null do nothing
returning card_id, grade_code
"""
CLOSE = """
update market.divergences d set closed_at = greatest(%(now)s, d.opened_at), closed_as_of = %(as_of)s
where d.closed_at is null and not exists (select from found f
  where (f.card_id, f.grade_code, f.rule) = (d.card_id, d.grade_code, d.rule))
returning card_id, grade_code
"""


@dataclass(frozen=True)
class DivergenceRepo:
    """Port Divergences, of one transaction."""

    connection: psycopg.Connection

    def medians(self, as_of: date, days: int) -> pl.DataFrame:
        """What each source told of the days up to and with `as_of`, as MEDIANS."""
        self._span(pl.DataFrame({"as_of": [as_of]}), as_of, days)
        return self._told(OF_ALL)

    def closes(self, as_of: date, days: int) -> pl.DataFrame:
        """The newest raw and psa10 closes of those days, as CLOSES."""
        self._span(pl.DataFrame({"as_of": [as_of]}), as_of, days)
        return self._newest("")

    def medians_since(self, as_of: date, days: int) -> pl.DataFrame:
        """Of instruments whose sources are flagged: all told since the window that raised it."""
        flagged: Schema = {**INSTRUMENT, "as_of": pl.Date}
        self._span(read_frame(self.connection, SPANS_OF_INSTRUMENTS, flagged), as_of, days)
        return self._told(OF_INSTRUMENT)

    def closes_since(self, as_of: date, days: int) -> pl.DataFrame:
        """Of sets with a flagged grade ratio: the newest closes since `days` before the flag."""
        flagged: Schema = {"set_id": pl.String, "as_of": pl.Date}
        self._span(read_frame(self.connection, SPANS_OF_SETS, flagged), as_of, days)
        return self._newest(OF_SET)

    def _span(self, begun: pl.DataFrame, as_of: date, days: int) -> None:
        """Stage the days to read: `days` up to and with each row's `as_of`, and on to `as_of`."""
        first = (pl.col("as_of") + timedelta(days=1 - days)).cast(UTC_US)
        ends = pl.lit(as_of + timedelta(days=1)).cast(UTC_US)
        spans = begun.select(pl.exclude("as_of"), first=first, ends=ends)
        stage_frame(self.connection, "span", spans)

    def _told(self, span: str) -> pl.DataFrame:
        query = sql.SQL(TOLD).format(span=sql.SQL(span))
        return read_frame(self.connection, query, MEDIANS)

    def _newest(self, of_set: str) -> pl.DataFrame:
        query = sql.SQL(NEWEST).format(of_set=sql.SQL(of_set))
        return read_frame(self.connection, query, CLOSES)

    def flags(self) -> pl.DataFrame:
        """The flags that are up, as FLAGS."""
        return read_frame(self.connection, OPEN_FLAGS, FLAGS)

    def last_as_of(self) -> date | None:
        """The newest day flags were raised or taken back for."""
        return self._day(LAST)

    def newest_day(self) -> date | None:
        """The newest day that has a bar."""
        return self._day(NEWEST_DAY)

    def _day(self, query: str) -> date | None:
        row = self.connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def flagged(self) -> pl.DataFrame:
        """card_id and grade_code of the instruments flagged now."""
        return read_frame(self.connection, OPEN_NOW, INSTRUMENT)

    def settle(
        self, found: pl.DataFrame, *, as_of: date, now: datetime
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Raise flags that are not up, take back those not found; the instruments of each."""
        stage_frame(self.connection, "found", found.select(list(DIVERGENCES)))
        at = {"as_of": as_of, "now": now}
        closed = self.connection.execute(CLOSE, at).fetchall()
        opened = self.connection.execute(OPEN, at).fetchall()
        return tuple(  # type: ignore[return-value]  # two frames, which tuple() does not tell
            pl.DataFrame(rows, schema=INSTRUMENT, orient="row") for rows in (opened, closed)
        )
