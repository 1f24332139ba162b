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
with known as (
  select grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume
  from market.prices_daily where card_id = $1 and known_at <= $2
  union all
  select grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume
  from market.prices_daily_history
  where card_id = $1 and known_at <= $2 and superseded_at > $2
), dated as (
  select *, max(day) over (partition by grade_code) as newest from known
)
select distinct on (grade_code, kind) grade_code, kind, day, open_cents, high_cents, low_cents,
  close_cents, volume,
  count(*) filter (where day > newest - 365) over (partition by grade_code, kind) as bars_365
from dated order by grade_code, kind, day desc
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
  select card_id, grade_code, kind, count(*) as bars_365, max(day) as to_day
  from known group by card_id, grade_code, kind
  having count(*) >= case kind when 'quote' then $2::int else $3::int end
), used as (
  select distinct on (card_id, grade_code) * from counted
  order by card_id, grade_code, array_position(array['trade', 'bar', 'quote'], kind)
), alive as (
  select * from used where to_day > (select day from newest) - $4::int
), ends as (
  select card_id, grade_code, kind, bars_365, to_day,
    max(close_cents) filter (where day = to_day) as to_cents,
    max(day) filter (where day <= to_day - $4::int) as from_day,
    -- the close of the latest such day: days sort before the cents they carry
    (max(array[day - date '2000-01-01', close_cents])
      filter (where day <= to_day - $4::int))[2] as from_cents
  from known join alive using (card_id, grade_code, kind)
  where day >= (select day from newest) - 2 * $4::int - $5::int
    and day between to_day - $4::int - $5::int and to_day
  group by card_id, grade_code, kind, bars_365, to_day
), moved as (
  select *, to_cents::float8 / from_cents - 1 as change from ends
)
select c.card_id, c.name, s.name as set_name, c.number, c.image_small, m.grade_code,
  m.kind as series, m.from_day, m.from_cents, m.to_day, m.to_cents, m.change, m.bars_365
from moved m join market.cards c using (card_id) join market.sets s using (set_id)
where m.from_cents >= $6 and case when $7::bool then m.change > 0 else m.change < 0 end
order by abs(m.change) desc, c.card_id, m.grade_code limit $8
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
