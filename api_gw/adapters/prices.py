"""Daily bars in PostgreSQL, as they were known at a moment: all SQL of the Prices port."""

from collections.abc import Sequence
from datetime import date, datetime

from api_gw.adapters.database import Database
from api_gw.domain.bars import Bar, BarsByKind, LatestBars, Move, NewestOfKind
from kernel.series import KINDS, MIN_QUOTES, MIN_TRADE_BARS, WINDOW_DAYS, Kind

BARS = """
select kind, day, open_cents, high_cents, low_cents, close_cents, volume
from market.bars_known($3) where card_id = $1 and grade_code = $2
order by kind, day
"""

NEWEST_DAY = "select market.newest_day_known($1)"

LATEST = """
select distinct on (card_id, grade_code, kind) card_id, grade_code, kind, day, open_cents,
  high_cents, low_cents, close_cents, volume,
  count(*) filter (where day > $3::date - $4::int)
    over (partition by card_id, grade_code, kind) as bars_365
from market.bars_known($2) where card_id = any($1)
order by card_id, grade_code, kind, day desc
"""

# An instrument moved if it is believed and its series in use is liquid, has a bar within the window
# before the newest day of all, and one at least the window older than that, at most 45 days more.
MOVERS = """
with newest as (
  select market.newest_day_known($1) as day
), known as (
  select card_id, grade_code, kind, day, close_cents from market.bars_known($1)
  where day > (select day from newest) - $10::int
), counted as (
  select card_id, grade_code, kind, max(day) as to_day,
    count(*) filter (where day > $9::date - $10::int) as bars_365
  from known group by card_id, grade_code, kind
), used as (
  select distinct on (card_id, grade_code) * from counted
  where bars_365 >= case kind when 'quote' then $2::int else $3::int end
  order by card_id, grade_code, array_position($11::text[], kind)
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
where m.from_cents >= $6
  and not exists (select from market.divergent_at($1) d
    where (d.card_id, d.grade_code) = (m.card_id, m.grade_code))
  and case when $7::bool then m.change > 0 else m.change < 0 end
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

    async def newest_day(self, *, as_of: datetime) -> date | None:
        """The newest day that any instrument has a bar of, known by then."""
        [row] = await self._database.fetch(NEWEST_DAY, as_of)
        day: date | None = row[0]
        return day

    async def latest(
        self, card_id: str, *, as_of: datetime, counted_to: date
    ) -> dict[str, LatestBars]:
        """By grade: the newest bar of each kind and how many that kind had in the year before."""
        found = await self.latest_of([card_id], as_of=as_of, counted_to=counted_to)
        return found.get(card_id, {})

    async def latest_of(
        self, cards: Sequence[str], *, as_of: datetime, counted_to: date
    ) -> dict[str, dict[str, LatestBars]]:
        """The same of several cards, by card and grade; nothing of a card without a bar."""
        found: dict[str, dict[str, dict[Kind, NewestOfKind]]] = {}
        for row in await self._database.fetch(LATEST, cards, as_of, counted_to, WINDOW_DAYS):
            newest = NewestOfKind(Bar(*list(row)[3:9]), row["bars_365"])
            grades = found.setdefault(row["card_id"], {})
            grades.setdefault(row["grade_code"], {})[row["kind"]] = newest
        return {card_id: dict(grades) for card_id, grades in found.items()}

    async def moves(
        self, *, window: int, limit: int, rising: bool, as_of: datetime, counted_to: date
    ) -> list[Move]:
        """Largest changes of liquid instruments alive on the newest day, largest first."""
        rows = await self._database.fetch(
            MOVERS,
            *(as_of, MIN_QUOTES, MIN_TRADE_BARS, window, STALE_DAYS, LEAST_CENTS, rising, limit),
            *(counted_to, WINDOW_DAYS, list(KINDS)),
        )
        return [Move(*(row[field] for field in MOVE_FIELDS)) for row in rows]
