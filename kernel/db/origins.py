"""Read model of the single prices behind bars: sales and figures, with what was held of each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl
import psycopg
from polars.datatypes import DataType, DataTypeClass

from kernel.days import end_of, start_of
from kernel.ids import Instrument

ORIGIN_SCHEMA: Mapping[str, DataTypeClass | DataType] = {
    "kind": pl.String,
    "price_id": pl.Int64,
    "card_id": pl.String,
    "grade_code": pl.String,
    "ts": pl.Datetime("us", "UTC"),
    "price_cents": pl.Int64,
    "units": pl.Int64,
    "source": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
    "left_out": pl.String,
}

# A sale that was told once is a row of trades; one of which more was said is its stretches. Of
# figures of a source for one day the one reported last stands.
ORIGINS = """
with wanted as (
  select * from unnest(%(cards)s::text[], %(grades)s::text[]) w (card_id, grade_code)
), sales as (
  select t.* from (
    select trade_id, ts, card_id, grade_code, source, price_cents, known_at, until
    from market.trades where ts >= %(since)s and ts < %(to)s
    union all
    select trade_id, ts, card_id, grade_code, source, price_cents, known_at, until
    from market.trades_archived where ts >= %(since)s and ts < %(to)s) t
  join wanted using (card_id, grade_code)
), versions as (
  select v.* from market.trade_versions v join wanted using (card_id, grade_code)
  where v.ts >= %(since)s and v.ts < %(to)s
), told as (
  select 'trade' as kind, trade_id as price_id, card_id, grade_code, ts, price_cents, 1 as units,
    source, known_at, case when until <= %(as_of)s then 'revoked' end as ended
  from sales s where not exists (select from versions v where v.trade_id = s.trade_id)
  union all
  select 'trade', v.trade_id, v.card_id, v.grade_code, v.ts, v.price_cents, 1,
    coalesce(t.source, v.began_by), v.known_at,
    case when v.until <= %(as_of)s then v.ended || ': ' || v.ended_why end
  from versions v left join sales t using (trade_id)
), figures as (
  select p.*, said, row_number() over (
    partition by p.kind, p.source, p.card_id, p.grade_code, p.day order by said desc, report_id) n
  from (
    select report_id, day, kind, card_id, grade_code, source, price_cents, units, known_at, reports
    from market.reported_prices where day >= %(first)s and day <= %(last)s
    union all
    select report_id, day, kind, card_id, grade_code, source, price_cents, units, known_at, reports
    from market.reported_prices_archived where day >= %(first)s and day <= %(last)s) p
  join wanted using (card_id, grade_code)
  cross join lateral (select max(one) as said from unnest(p.reports) one
    where one <= %(as_of)s) latest
  where p.known_at <= %(as_of)s
), every as (
  select * from told where known_at <= %(as_of)s
  union all
  select kind, report_id, card_id, grade_code, day::timestamp at time zone 'UTC', price_cents,
    units, source, known_at, case when n > 1 then 'the source told another figure later' end
  from figures
)
select e.kind, e.price_id, e.card_id, e.grade_code, e.ts, e.price_cents, e.units, e.source,
  e.known_at, coalesce(e.ended, case when v.verdict in ('outlier', 'rejected')
    then v.verdict || ': ' || v.rule || ', by ' || v.actor end) as left_out
from every e
left join lateral (
  select verdict, rule, actor from market.outlier_verdicts v
  where (v.card_id, v.grade_code, v.subject, v.subject_id) = (e.card_id, e.grade_code,
      case e.kind when 'trade' then 'trade' else 'report' end, e.price_id)
    and v.known_at <= %(as_of)s
  order by v.known_at desc, v.verdict_id desc limit 1) v on true
order by e.card_id, e.grade_code, e.ts, e.price_id, e.known_at
"""


def origins(
    connection: psycopg.Connection,
    instruments: Sequence[Instrument],
    *,
    first: date,
    last: date,
    as_of: datetime,
) -> pl.DataFrame:
    """Every price of the days between that was known at `as_of` (aware UTC), of all kinds.

    Columns as ORIGIN_SCHEMA, sorted by card_id, grade_code, ts, price_id. `left_out` says in words
    why a price counts for no bar, null where it does. Figures that were thought to be of another
    card for a time are told as of the card that they are of now.
    """
    asked = {
        "cards": [one.card_id for one in instruments],
        "grades": [one.grade_code for one in instruments],
        "first": first,
        "last": last,
        "since": start_of(first),
        "to": end_of(last),
        "as_of": as_of,
    }
    rows = connection.execute(ORIGINS, asked).fetchall()
    return pl.DataFrame(rows, schema=ORIGIN_SCHEMA, orient="row")
