"""Daily bars in PostgreSQL, as they were known at a moment: all SQL of the Prices port."""

from datetime import datetime

from api_gw.adapters.database import Database
from api_gw.domain.bars import (
    MIN_BARS,
    MIN_QUOTES,
    Bar,
    BarsByKind,
    Kind,
    LatestBars,
    Move,
    NewestOfKind,
)

# The version of a bar that stood at a moment: the current one if it was known by then, else the
# one that later knowledge replaced.
BARS = """
select kind, day, open_cents, high_cents, low_cents, close_cents, volume
from market.prices_daily
where card_id = $1 and grade_code = $2 and known_at <= $3
union all
select kind, day, open_cents, high_cents, low_cents, close_cents, volume
from market.prices_daily_history
where card_id = $1 and grade_code = $2 and known_at <= $3 and superseded_at > $3
order by kind, day
"""

LATEST = """
with recursive priced (grade_code) as (
  select min(grade_code) from market.prices_daily where card_id = $1
  union all
  select (select min(p.grade_code) from market.prices_daily p
          where p.card_id = $1 and p.grade_code > priced.grade_code)
  from priced where grade_code is not null
), newest as (
  select grade_code, (
    select max(day) from (
      (select p.day from market.prices_daily p
       where p.card_id = $1 and p.grade_code = priced.grade_code and p.known_at <= $2
       order by p.day desc limit 1)
      union all
      select h.day from market.prices_daily_history h
      where h.card_id = $1 and h.grade_code = priced.grade_code
        and h.known_at <= $2 and h.superseded_at > $2
    ) as known
  ) as day
  from priced where grade_code is not null
), known as (
  select n.day as newest, p.*
  from newest n cross join lateral (
    select grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume
    from market.prices_daily
    where card_id = $1 and grade_code = n.grade_code and day > n.day - 365 and known_at <= $2
    union all
    select grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume
    from market.prices_daily_history
    where card_id = $1 and grade_code = n.grade_code and day > n.day - 365
      and known_at <= $2 and superseded_at > $2
  ) as p
)
select distinct on (grade_code, kind) grade_code, kind, day, open_cents, high_cents, low_cents,
  close_cents, volume, count(*) over (partition by grade_code, kind) as bars_365
from known order by grade_code, kind, day desc
"""

# An instrument moved if its series in use is liquid, has a bar within the window before the
# newest day of all, and one at least the window older than that, at most 45 days more.
MOVERS = """
with newest as (
  select max(day) as day from (
    (select day from market.prices_daily where known_at <= $1 order by day desc limit 1)
    union all
    (select day from market.prices_daily_history
     where known_at <= $1 and superseded_at > $1 order by day desc limit 1)
  ) as known
), known as (
  select card_id, grade_code, kind, day, close_cents from market.prices_daily
  where day > (select day from newest) - 365 and known_at <= $1
  union all
  select card_id, grade_code, kind, day, close_cents from market.prices_daily_history
  where day > (select day from newest) - 365 and known_at <= $1 and superseded_at > $1
), counted as (
  select *, count(*) over series as bars_365, max(day) over series as to_day
  from known window series as (partition by card_id, grade_code, kind)
), ends as (
  select card_id, grade_code, kind, bars_365, to_day,
    max(close_cents) filter (where day = to_day) as to_cents,
    max(day) filter (where day <= to_day - $4::int) as from_day,
    (array_agg(close_cents order by day desc) filter (where day <= to_day - $4::int))[1]
      as from_cents
  from counted
  where to_day > (select day from newest) - $4::int and day >= to_day - $4::int - $5::int
    and bars_365 >= case kind when 'quote' then $2::int else $3::int end
  group by card_id, grade_code, kind, bars_365, to_day
), used as (
  select distinct on (card_id, grade_code) *, to_cents::float8 / from_cents - 1 as change
  from ends
  order by card_id, grade_code, array_position(array['trade', 'bar', 'quote'], kind)
)
select c.card_id, c.name, s.name as set_name, c.number, c.image_small, used.grade_code,
  used.kind as series, used.from_day, used.from_cents, used.to_day, used.to_cents, used.change,
  used.bars_365
from used join market.cards c using (card_id) join market.sets s using (set_id)
where used.from_cents >= $6 and case when $7::bool then used.change > 0 else used.change < 0 end
order by abs(used.change) desc, c.card_id, used.grade_code limit $8
"""
STALE_DAYS = 45  # how much older than asked the earlier bar may be
LEAST_CENTS = 100  # below a dollar the smallest step is a large change

MOVE_FIELDS = tuple(Move.__dataclass_fields__)


class PostgresPrices:
    """The Prices port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bars(self, card_id: str, grade_code: str, *, as_of: datetime) -> BarsByKind:
        """All bars of an instrument known by then, by kind, in order of days."""
        found: dict[Kind, list[Bar]] = {}
        for row in await self._database.fetch(BARS, card_id, grade_code, as_of):
            found.setdefault(row["kind"], []).append(Bar(*list(row)[1:]))
        return found

    async def latest(self, card_id: str, *, as_of: datetime) -> dict[str, LatestBars]:
        """By grade: the newest bar of each kind and how many that kind had in the year before."""
        found: dict[str, dict[Kind, NewestOfKind]] = {}
        for row in await self._database.fetch(LATEST, card_id, as_of):
            newest = NewestOfKind(Bar(*list(row)[2:8]), row["bars_365"])
            found.setdefault(row["grade_code"], {})[row["kind"]] = newest
        return dict(found)

    async def moves(self, *, window: int, limit: int, rising: bool, as_of: datetime) -> list[Move]:
        """Largest changes of liquid instruments alive on the newest day, largest first."""
        rows = await self._database.fetch(
            MOVERS, as_of, MIN_QUOTES, MIN_BARS, window, STALE_DAYS, LEAST_CENTS, rising, limit
        )
        return [Move(*(row[field] for field in MOVE_FIELDS)) for row in rows]
