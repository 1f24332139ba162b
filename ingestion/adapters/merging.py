"""The statements of a merge: staged records meet what is there; `touched` lists what changed.

A sale is one row, what is believed of it now. Of two versions the one reported later is believed
(at the same time, the one loaded now). A version that is replaced, or that arrives after its
successor, becomes a revision, with the moment from which the successor was known.
"""

import polars as pl

from ingestion.domain.records import Schema

TOUCHED = "select distinct card_id, grade_code, day from touched where day is not null"
TOUCHED_SCHEMA: Schema = {"card_id": pl.String, "grade_code": pl.String, "day": pl.Date}

CONTENT = "ts, card_id, grade_code, price_cents, seller"
S_CONTENT = "s.ts, s.card_id, s.grade_code, s.price_cents, s.seller"
T_CONTENT = "t.ts, t.card_id, t.grade_code, t.price_cents, t.seller"

# `fate` of each staged sale that is already there.
MEET = f"""
create temp table met on commit drop as
select s.record_id, t.ts as old_ts, t.card_id as old_card, t.grade_code as old_grade,
  case
    when ({S_CONTENT}) is not distinct from ({T_CONTENT}) then
      case when s.known_at < t.known_at and not exists (
        select from market.trade_revisions r
        where r.trade_id = t.trade_id and r.known_at = t.known_at) then 'known_earlier'
      else 'same' end
    when s.reported_at >= t.reported_at then 'corrected'
    when exists (
      select from market.trade_revisions r where r.trade_id = t.trade_id
        and ((r.before ->> 'ts')::timestamptz, r.before ->> 'card_id', r.before ->> 'grade_code',
             (r.before ->> 'price_cents')::int, r.before ->> 'seller')
        is not distinct from ({S_CONTENT})) then 'same'
    else 'older' end as fate,
  jsonb_build_object('ts', s.ts, 'card_id', s.card_id, 'grade_code', s.grade_code,
    'price_cents', s.price_cents, 'seller', s.seller, 'known_at', s.known_at) as told,
  jsonb_build_object('ts', t.ts, 'card_id', t.card_id, 'grade_code', t.grade_code,
    'price_cents', t.price_cents, 'seller', t.seller, 'known_at', t.known_at) as believed,
  greatest(s.known_at, s.reported_at) as told_at,
  greatest(t.known_at, t.reported_at) as believed_at
from staged_trades s join market.trades t on t.trade_id = s.record_id
"""  # noqa: S608 (constants only)

CORRECT = [
    """
create temp table touched on commit drop as
select m.fate as why, m.old_card as card_id, m.old_grade as grade_code,
  (m.old_ts at time zone 'UTC')::date as day
from met m where m.fate in ('known_earlier', 'corrected')
union all
select 'corrected', old_card, old_grade, (old_ts at time zone 'UTC')::date
from met where fate = 'older'
""",
    """
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select record_id, (case fate when 'older' then told else believed end ->> 'ts')::timestamptz,
  case fate when 'older' then believed_at else told_at end, 'corrected',
  case fate when 'older' then told else believed end,
  case fate when 'older' then believed else told end,
  'the source reported the sale with other content', 'load_trades'
from met where fate in ('older', 'corrected')
on conflict (trade_id, known_at, action) do nothing
""",
    # The later version arrived first: now it is known that it was not known from the start.
    """
update market.trades t set known_at = m.believed_at
from met m where (t.trade_id, t.ts) = (m.record_id, m.old_ts) and m.fate = 'older'
""",
    """
update market.trades t set known_at = s.known_at, reported_at = least(t.reported_at, s.reported_at)
from met m join staged_trades s using (record_id)
where (t.trade_id, t.ts) = (m.record_id, m.old_ts) and m.fate = 'known_earlier'
""",
    # Two versions of unequal time are two places in the table: the row moves.
    """
delete from market.trades t using met m
where (t.trade_id, t.ts) = (m.record_id, m.old_ts) and m.fate = 'corrected'
""",
]

TRADE_COLUMNS = """trade_id, ts, card_id, grade_code, source, source_sale_id, price_cents, seller,
  url, known_at, reported_at, meta"""

NEW = [
    f"""
insert into market.trades ({TRADE_COLUMNS})
select s.record_id, s.ts, s.card_id, s.grade_code, s.source, s.source_sale_id, s.price_cents,
  s.seller, s.url, case m.fate when 'corrected' then m.told_at else s.known_at end, s.reported_at,
  s.meta::jsonb
from staged_trades s left join met m using (record_id)
where m.record_id is null or m.fate = 'corrected'
order by s.ts, s.record_id
""",  # noqa: S608 (constants only)
    """
insert into touched
select 'added', s.card_id, s.grade_code, (s.ts at time zone 'UTC')::date
from staged_trades s left join met m using (record_id) where m.record_id is null
union all
select 'where it is now', s.card_id, s.grade_code, (s.ts at time zone 'UTC')::date
from staged_trades s join met m using (record_id) where m.fate in ('corrected', 'older')
""",
    "drop table met",
]

MERGE_REPORTS = [
    """
create temp table touched on commit drop as
with merged as (
  insert into market.reported_prices as r (report_id, day, card_id, grade_code, kind, source,
    price_cents, high_cents, low_cents, units, known_at, reported_at, meta)
  select record_id, (ts at time zone 'UTC')::date, card_id, grade_code, kind, source, price_cents,
    high_cents, low_cents, units, known_at, reported_at, meta::jsonb
  from staged_reports
  on conflict (report_id, day) do update
    set known_at = least(r.known_at, excluded.known_at),
        reported_at = least(r.reported_at, excluded.reported_at)
    where excluded.known_at < r.known_at or excluded.reported_at < r.reported_at
  returning card_id, grade_code, day, loaded_at = now() as new
)
select case when new then 'added' else 'known_earlier' end as why, card_id, grade_code, day
from merged
"""
]
