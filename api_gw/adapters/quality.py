"""The quality of the data in PostgreSQL: all SQL of the DataQuality port."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from api_gw.adapters.database import Database
from api_gw.domain.quality import (
    WINDOW_DAYS,
    Certainty,
    Confidence,
    Divergence,
    Reject,
    SourceQuality,
)

# A run covers every day of the window it asked its source for, once its rows are in their table. A
# source that never came so far is told too: it is the one to look at.
SOURCES = """
with known as (
  select * from market.loads where day <= $1::date and finished_at <= $2::timestamptz
), loads as (
  select *, day > $1::date - $3::int as recent from known
  where job in ('load_trades', 'fetch_facts')
), covered as (
  select source, count(distinct told.day) as days
  from loads l join known f using (source, day)
  cross join lateral (
    select generate_series(coalesce(f.first_day, f.day), f.day, interval '1 day')::date as day) told
  where told.day > $1::date - $3::int
  group by source
), screened as (
  select source, sum(rows_read)::bigint as read, sum(rows_quarantined)::bigint as refused
  from known where job = 'validate' and day > $1::date - $3::int group by source
), tried as (
  select source, min(day) as first_day, max(day) as tried_day from known group by source
), told as (
  select source, max(day) as newest_day, max(finished_at) as loaded_at,
    (array_agg(rows_read order by day desc))[1] as rows_newest,
    percentile_cont(0.5) within group (order by rows_read) filter (where recent) as rows_usual
  from loads group by source
)
select source, coalesce(days, 0)::int as days_covered,
  least($3::int, $1::date - first_day + 1) as days_expected, tried_day, newest_day,
  (select max(ts) from market.trades t where t.source = tried.source and t.known_at <= $2
    and coalesce(t.until, 'infinity') > $2) as newest_sale_at,
  loaded_at, coalesce(rows_newest, 0) as rows_newest, rows_usual,
  coalesce(read, 0)::bigint as rows_read, coalesce(refused, 0)::bigint as rows_refused
from tried left join told using (source) left join covered using (source)
left join screened using (source)
order by source
"""

REJECTS = """
select source, reason, waiting, resolved, newest_refused_at from market.rejects_known($1)
order by source, waiting desc, reason
"""

DIVERGENCES = """
select card_id, grade_code, rule, ratio, opened_at, count(*) over () as total
from market.divergent_at($1)
where ($2::text is null or card_id = $2) and ($3::text is null or grade_code = $3)
order by abs(ln(ratio)) desc, card_id, grade_code, rule limit $4
"""

# The ninety days up to the day asked about; the worst first: few bars, wide apart, long ago. What
# has no price in these days is told with its last one.
CONFIDENCE = """
with told as (
  select card_id, grade_code, kind, max(day) as price_day,
    (max(array[day - date '2000-01-01', close_cents]))[2] as price_cents,
    count(*) filter (where day > $2::date - 90)::int as bars,
    coalesce(sum(volume) filter (where day > $2::date - 90), 0)::int as volume,
    percentile_cont(array[0.25, 0.5, 0.75]) within group (order by close_cents)
      filter (where day > $2::date - 90) as quartiles
  from market.bars_known($1)
  where day <= $2::date
    and ($3::text is null or card_id = $3) and ($4::text is null or grade_code = $4)
  group by card_id, grade_code, kind
), placed as (
  select *, max(bars) over (partition by card_id, grade_code) as most,
    row_number() over (partition by card_id, grade_code order by price_day desc, kind) as place,
    case when bars >= 4 then (quartiles[3] - quartiles[1]) / quartiles[2] end as spread
  from told
)
select card_id, grade_code, kind, price_cents, price_day, bars, volume, spread,
  $2::date - price_day as age_days, count(*) over () as total,
  count(*) filter (where bars = 0) over () as stale_total
from placed where bars > 0 or (most = 0 and place = 1)
order by bars, spread desc nulls first, age_days desc, card_id, grade_code, kind limit $5
"""

FIELDS = tuple(Confidence.__dataclass_fields__)


class PostgresQuality:
    """The DataQuality port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sources(self, day: date, *, as_of: datetime) -> Sequence[SourceQuality]:
        """Every source that was tried by then, over the window that ends with the day."""
        rejects: dict[str, list[Reject]] = {}
        for row in await self._database.fetch(REJECTS, as_of):
            rejects.setdefault(row["source"], []).append(Reject(*list(row)[1:]))
        found = [
            SourceQuality(**dict(row))
            for row in await self._database.fetch(SOURCES, day, as_of, WINDOW_DAYS)
        ]
        return [replace(one, rejects=tuple(rejects.get(one.source, ()))) for one in found]

    async def divergences(
        self, *, as_of: datetime, card_id: str | None, grade_code: str | None, limit: int
    ) -> tuple[Sequence[Divergence], int]:
        """Flagged instruments at the moment, the widest apart first, and how many."""
        rows = await self._database.fetch(DIVERGENCES, as_of, card_id, grade_code, limit)
        return [Divergence(*list(row)[:-1]) for row in rows], rows[0]["total"] if rows else 0

    async def confidence(
        self,
        day: date,
        *,
        as_of: datetime,
        card_id: str | None,
        grade_code: str | None,
        limit: int,
    ) -> Certainty:
        """Prices over the ninety days to the day, the least certain first."""
        rows = await self._database.fetch(CONFIDENCE, as_of, day, card_id, grade_code, limit)
        found = [Confidence(*(row[field] for field in FIELDS)) for row in rows]
        totals = (rows[0]["total"], rows[0]["stale_total"]) if rows else (0, 0)
        return Certainty(found, *totals)
