"""What came of signals, as it was known at a moment: all SQL of the TrackRecords port."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from api_gw.adapters.database import Database
from api_gw.domain.track_record import Cell, Group

# Of each signal the newest score known by then. Ranks are taken within a day of one origin: live
# and replayed signals are never ranked against each other. Equal values share their mean rank.
SCORED = """
with newest as (
  select distinct on (signal_id) * from signals.scores
  where after_days = $2 and known_at <= $3
  order by signal_id, known_at desc
), known as (
  select c.*, v.outcome, v.net_return, v.came_true,
    v.exit_cents::double precision / v.entry_cents as earned
  from signals.claims c join newest v using (signal_id)
  where c.horizon_days = $1 and c.known_at <= $3 and c.asof_ts > $4
)
"""
OUTCOMES = """
select replayed, outcome, count(*)::int as signals from known group by 1, 2 order by 2
"""
CELLS = """
, ranked as (
  select k.*,
    case when expected_return is not null then
      rank() over (partition by replayed, asof_ts order by expected_return)
      + (count(*) over (partition by replayed, asof_ts, expected_return) - 1) / 2.0 end as expected,
    rank() over (partition by replayed, asof_ts order by earned)
      + (count(*) over (partition by replayed, asof_ts, earned) - 1) / 2.0 as got
  from known k where outcome = 'scored'
)
select r.replayed, g.kind, g.name, ((r.asof_ts at time zone 'UTC')::date - 1) as day,
  abs(hashtext(r.card_id)) % $5 as bucket, count(*)::int as signals,
  (count(*) filter (where came_true))::int as came_true,
  sum(conviction) as conviction, count(net_return)::int as acted,
  (count(net_return) filter (where came_true))::int as acted_true,
  coalesce(sum(net_return), 0) as net, count(expected)::int as ranked,
  corr(expected::double precision, got::double precision) as ic
from ranked r join market.cards card using (card_id)
cross join lateral (values ('all', ''), ('action', r.action),
  ('bin', least(floor(10 * r.conviction), 9)::int::text), ('model', r.model_version),
  ('set', card.set_id),
  ('tier', case when r.sold_90 < 1 then 'no sales' when r.sold_90 < 6 then '1 to 5 sales'
    when r.sold_90 < 30 then '6 to 29 sales' else '30 sales and more' end)) as g (kind, name)
group by grouping sets ((r.replayed, g.kind, g.name, r.asof_ts),
  (r.replayed, g.kind, g.name, abs(hashtext(r.card_id)) % $5))
order by r.replayed, g.kind, g.name, day, bucket
"""

BUCKETS = 200  # of cards by the hash of their id: as many however many cards there are


class PostgresTrackRecords:
    """The TrackRecords port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def outcomes(
        self, *, horizon: int, after: int, as_of: datetime, since: datetime
    ) -> Mapping[bool, dict[str, int]]:
        """By origin how many signals came to what."""
        found: dict[bool, dict[str, int]] = {}
        for row in await self._database.fetch(SCORED + OUTCOMES, horizon, after, as_of, since):
            found.setdefault(row["replayed"], {})[row["outcome"]] = row["signals"]
        return found

    async def groups(
        self, *, horizon: int, after: int, as_of: datetime, since: datetime
    ) -> Mapping[bool, Sequence[Group]]:
        """By origin the groups of scored signals."""
        rows = await self._database.fetch(SCORED + CELLS, horizon, after, as_of, since, BUCKETS)
        found: dict[bool, list[Group]] = {}
        for (replayed, kind, name), cells in groupby(rows, key=_group):
            made = list(cells)
            days = tuple(Cell(row["day"], *_sums(row)) for row in made if row["day"] is not None)
            cards = tuple(Cell(row["bucket"], *_sums(row)) for row in made if row["day"] is None)
            found.setdefault(replayed, []).append(Group(kind, name, days, cards))
        return found


def _sums(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in Cell._fields[1:])


def _group(row: Sequence[Any]) -> tuple[bool, str, str]:
    replayed, kind, name, *_ = row
    return replayed, kind, name
