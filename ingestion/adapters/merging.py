"""The statements that merge reported figures; `touched` lists what changed."""

import polars as pl

from ingestion.domain.records import Schema

TOUCHED = "select distinct card_id, grade_code, day from touched where day is not null"
TOUCHED_SCHEMA: Schema = {"card_id": pl.String, "grade_code": pl.String, "day": pl.Date}

# A figure that is new, is of another card than thought, was known earlier than thought, or was
# stated at yet another time. Read anew, it is of the other card from this load on.
MERGE_REPORTS = [
    """
create temp table fresh on commit drop as
select s.*, r.report_id is null as new, how.moved, r.card_id as old_card,
  r.grade_code as old_grade, r.known_at as since,
  not how.settled and s.known_at < r.known_at or s.first_reported < r.reports[1] as earlier,
  case
    when how.moved then greatest(s.known_at, r.known_at + interval '1 microsecond', now())
    when how.settled then r.known_at
    else least(s.known_at, r.known_at) end as now_known
from (
  select record_id, kind, ts, (ts at time zone 'UTC')::date as day, card_id, grade_code, source,
    price_cents, high_cents, low_cents, units, min(meta) as meta, min(known_at) as known_at,
    min(reported_at) as first_reported, array_agg(reported_at order by reported_at) as reports
  from staged_reports
  group by record_id, kind, ts, card_id, grade_code, source, price_cents, high_cents, low_cents,
    units
) s left join market.reported_prices r on (r.report_id, r.day) = (s.record_id, s.day)
cross join lateral (
  select (s.card_id, s.grade_code) is distinct from (r.card_id, r.grade_code)
      and r.report_id is not null as moved,
    exists (select from market.report_revisions v
      where (v.report_id, v.day, v.known_at) = (r.report_id, r.day, r.known_at)) as settled
) how
where r.report_id is null or how.moved or not how.settled and s.known_at < r.known_at
  or not s.reports <@ r.reports
""",
    """
insert into market.reported_prices as r (report_id, day, card_id, grade_code, kind, source,
  price_cents, high_cents, low_cents, units, known_at, reports, meta)
select record_id, day, card_id, grade_code, kind, source, price_cents, high_cents, low_cents, units,
  now_known, reports, meta::jsonb
from fresh
on conflict (report_id, day) do update
  set (card_id, grade_code, known_at) =
        (excluded.card_id, excluded.grade_code, excluded.known_at),
      meta = case when (r.card_id, r.grade_code) = (excluded.card_id, excluded.grade_code)
        then r.meta else excluded.meta end,
      reports = array(select distinct unnest(r.reports || excluded.reports) order by 1)
""",
    """
insert into market.report_revisions
  (report_id, day, card_id, grade_code, since, known_at, reason, actor)
select record_id, day, old_card, old_grade, since, now_known,
  'the source''s words are read in another way', 'load_trades'
from fresh where moved
""",
    # Stated again while it stood anyway, a figure changes nothing.
    """
create temp table touched on commit drop as
select case when f.new then 'added' when f.earlier then 'known_earlier' else 'corrected' end as why,
  f.card_id, f.grade_code, f.day
from fresh f
where f.new or f.moved or f.earlier or exists (
  select from unnest(f.reports) said (at)
  where f.record_id is distinct from (
    select r.report_id from market.reported_prices r, unnest(r.reports) before (at)
    where (r.card_id, r.grade_code, r.day, r.kind, r.source)
        = (f.card_id, f.grade_code, f.day, f.kind, f.source) and before.at <= said.at
      and (before.at < said.at or r.report_id <> f.record_id)
    order by before.at desc, r.known_at desc, r.report_id desc limit 1))
union all
select 'left', old_card, old_grade, day from fresh where moved
""",
    "drop table fresh",
]
