"""What the import came to, read from PostgreSQL as ingestion's role."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
  from market.trades
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
where card_id = %s and grade_code = %s and ts >= %s and ts < %s
group by 1 order by 1
"""

# The newest figure of each instrument that one source gave until a day, beside the other's.
PAIRS = """
with ours as (
  select distinct on (card_id) card_id, price_cents from market.reported_prices
  where source = 'graded_monthly' and grade_code = 'raw' and day = %s
  order by card_id, known_at desc
), theirs as (
  select distinct on (card_id) card_id, price_cents from market.reported_prices
  where source = 'pokemontcgio_snapshots' and grade_code = 'raw' and day = %s
  order by card_id, price_cents desc
)
select ours.price_cents, theirs.price_cents from ours join theirs using (card_id)
"""


@dataclass(frozen=True)
class Agreement:
    """Two sources' prices of the same cards: correlation of logs, and the middle of the ratios."""

    day: date
    cards: int
    correlation: float
    median_ratio: float
    within_a_quarter: float


def worst_outliers(connection: psycopg.Connection) -> Sequence[tuple[Any, ...]]:
    """The prices farthest from the middle of their fence, a few a source."""
    return connection.execute(WORST, [EXAMPLES]).fetchall()


def rise(
    connection: psycopg.Connection, card_id: str, grade: str, first: date, after: date
) -> Sequence[tuple[Any, ...]]:
    """A row a month: sales, how many of them are left out, their median and highest, in cents."""
    return connection.execute(RISE, [card_id, grade, first, after]).fetchall()


def agreement(connection: psycopg.Connection, month: date, day: date) -> Agreement:
    """Monthly quotes of a month against the snapshot of a day, both of ungraded cards."""
    pairs = connection.execute(PAIRS, [month, day]).fetchall()
    ours = [math.log(left) for left, _ in pairs]
    theirs = [math.log(right) for _, right in pairs]
    gaps = [left - right for left, right in zip(ours, theirs, strict=True)]
    close = sum(abs(gap) < math.log(1.25) for gap in gaps)
    return Agreement(
        day=day,
        cards=len(pairs),
        correlation=statistics.correlation(ours, theirs),
        median_ratio=math.exp(statistics.median(gaps)),
        within_a_quarter=close / len(pairs),
    )


def totals(connection: psycopg.Connection) -> Mapping[str, int]:
    """Rows of the tables after everything came in."""
    counts: dict[str, int] = {}
    for name, query in (
        ("cards", "select count(*) from market.cards"),
        ("sales", "select count(*) from market.trades"),
        ("figures of sources", "select count(*) from market.reported_prices"),
        ("daily bars", "select count(*) from market.prices_daily"),
    ):
        row = connection.execute(query).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts
