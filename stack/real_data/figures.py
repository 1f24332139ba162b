"""What the import came to, read from PostgreSQL as ingestion's role."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import psycopg

EXAMPLES = 3

# Of the prices that do not stand, those farthest from the middle of their fence, by source.
WORST = """
with standing as (
  select distinct on (subject, subject_id) *
  from market.outlier_verdicts order by subject, subject_id, known_at desc, verdict_id desc
), priced as (
  select 'trade' as subject, trade_id as subject_id, source, ts as event_at, price_cents
  from market.trades where until is null
  union all
  select 'report', report_id, source, day::timestamp at time zone 'UTC', price_cents
  from market.reported_prices
), flagged as (
  select p.source, c.name, s.card_id, s.grade_code, p.event_at::date as day, p.price_cents, s.rule,
    s.fence_low_cents, s.fence_high_cents, row_number() over (
      partition by p.source order by abs(ln(p.price_cents::float8
        / sqrt(s.fence_low_cents::float8 * s.fence_high_cents))) desc, s.subject_id) as place
  from standing s
  join priced p on (p.subject, p.subject_id) = (s.subject, s.subject_id)
  join market.cards c using (card_id)
  where verdict in ('outlier', 'rejected') and fence_low_cents > 0 and fence_high_cents > 0
)
select * from flagged where place <= %s order by source, place
"""

# Every sale of an instrument in a span of days, and whether it stands.
RISE = """
select date_trunc('month', ts)::date as month, count(*) as sales,
  count(*) filter (where verdict in ('outlier', 'rejected')) as left_out,
  percentile_cont(0.5) within group (order by price_cents) as median_cents,
  max(price_cents) as highest_cents
from market.trades t
left join lateral (
  select v.verdict from market.outlier_verdicts v
  where v.subject = 'trade' and v.subject_id = t.trade_id
  order by v.known_at desc, v.verdict_id desc limit 1) said on true
where card_id = %s and grade_code = %s and ts >= %s and ts < %s and until is null
group by 1 order by 1
"""

# What was said of the flagged sales of an instrument in a span of days: when each was flagged and,
# where sales that agree set it free again, when.
FLAGGED = """
select t.ts::date as day, t.price_cents, said.rule, said.fence_low_cents, said.fence_high_cents,
  said.known_at::date as flagged_on,
  case when stands.verdict = 'kept' then stands.known_at::date end as free_since
from market.trades t
cross join lateral (
  select v.rule, v.fence_low_cents, v.fence_high_cents, v.known_at from market.outlier_verdicts v
  where v.subject = 'trade' and v.subject_id = t.trade_id and v.verdict = 'outlier'
  order by v.known_at, v.verdict_id limit 1) said
cross join lateral (
  select v.verdict, v.known_at from market.outlier_verdicts v
  where v.subject = 'trade' and v.subject_id = t.trade_id
  order by v.known_at desc, v.verdict_id desc limit 1) stands
where t.card_id = %s and t.grade_code = %s and t.ts >= %s and t.ts < %s
order by t.ts, t.trade_id
"""


def worst_outliers(connection: psycopg.Connection) -> Sequence[tuple[Any, ...]]:
    """The prices farthest from the middle of their fence, a few a source."""
    return connection.execute(WORST, [EXAMPLES]).fetchall()


def rise(
    connection: psycopg.Connection, card_id: str, grade: str, first: date, after: date
) -> Sequence[tuple[Any, ...]]:
    """A row a month: sales, how many of them are left out, their median and highest, in cents."""
    return connection.execute(RISE, [card_id, grade, first, after]).fetchall()


def flagged(
    connection: psycopg.Connection, card_id: str, grade: str, first: date, after: date
) -> Sequence[tuple[Any, ...]]:
    """A row a flagged sale: day, price, rule, fence (cents), when flagged, when free again."""
    return connection.execute(FLAGGED, [card_id, grade, first, after]).fetchall()


def totals(connection: psycopg.Connection) -> Mapping[str, int]:
    """Rows of the tables after everything came in."""
    counts: dict[str, int] = {}
    for name, query in (
        ("cards", "select count(*) from market.cards"),
        ("sales", "select count(*) from market.trades where until is null"),
        ("figures of sources", "select count(*) from market.reported_prices"),
        ("daily bars", "select count(*) from market.prices_daily"),
    ):
        row = connection.execute(query).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts
