"""The statements of a merge: staged records meet what is there; `touched` lists what changed.

A sale is one row, what is believed of it now. Of two versions the one reported later is believed
(at the same time, the one loaded now). A version that is replaced becomes a revision, with the
moment from which the successor was known; one that arrives after its successor is put in its place
(`late_versions`). Where only our reading of the source's words changed, that moment is this load:
nobody read them so before. What would have been replaced before its card was known was never
believed, and leaves no revision.
"""

import polars as pl

from ingestion.adapters.late_versions import NOTED, PLACE_LATE
from ingestion.domain.records import Schema

TOUCHED = "select distinct card_id, grade_code, day from touched where day is not null"
TOUCHED_SCHEMA: Schema = {"card_id": pl.String, "grade_code": pl.String, "day": pl.Date}

S_CONTENT = "s.ts, s.card_id, s.grade_code, s.price_cents, s.seller"
T_CONTENT = "t.ts, t.card_id, t.grade_code, t.price_cents, t.seller"

S_WORDS = "s.told_as, s.ts, s.price_cents, s.seller"
T_WORDS = "t.told_as, t.ts, t.price_cents, t.seller"

# `fate` of each staged sale that is already there. An older version with the words of the present
# one takes its card and grade from there: a mended mapping says nothing about an earlier belief.
MEET = f"""
create temp table met on commit drop as
select s.record_id, s.known_at, s.reported_at, t.ts as old_ts, t.card_id as old_card,
  t.grade_code as old_grade, t.reported_at as old_reported_at, t.known_at as old_known_at,
  case
    when ({S_CONTENT}) is not distinct from ({T_CONTENT}) then
      case when s.reported_at = t.reported_at and s.known_at >= t.known_at then 'same'
      when exists (
        select from market.trade_revisions r
        where r.trade_id = t.trade_id and r.action = 'corrected') then
        case when s.reported_at = t.reported_at
          or s.reported_at > t.reported_at and greatest(s.known_at, s.reported_at) >= t.known_at
        then 'same' else 'late' end
      when s.known_at < t.known_at then 'known_earlier'
      when s.reported_at < t.reported_at then 'told_earlier'
      else 'same' end
    when how.same_words then 'corrected'
    when s.reported_at >= t.reported_at and not exists (
      select from ({NOTED}) note where note.trade_id = t.trade_id and note.at > s.reported_at)
      then 'corrected'
    else 'late' end as fate,
  jsonb_build_object('ts', s.ts,
    'card_id', case when reread and older then t.card_id else s.card_id end,
    'grade_code', case when reread and older then t.grade_code else s.grade_code end,
    'price_cents', s.price_cents, 'seller', s.seller, 'known_at', s.known_at,
    'told_as', s.told_as, 'reported_at', s.reported_at) as told,
  jsonb_build_object('ts', t.ts, 'card_id', t.card_id, 'grade_code', t.grade_code,
    'price_cents', t.price_cents, 'seller', t.seller, 'known_at', t.known_at,
    'told_as', t.told_as, 'reported_at', t.reported_at) as believed,
  greatest(s.known_at, s.reported_at, t.known_at,
    case when s.told_as = t.told_as and (s.card_id, s.grade_code) <> (t.card_id, t.grade_code)
      then now() end) as told_at
from staged_trades s join market.trades t on t.trade_id = s.record_id
cross join lateral (
  select s.told_as = t.told_as and (s.card_id, s.grade_code) <> (t.card_id, t.grade_code) as reread,
    ({S_WORDS}) is not distinct from ({T_WORDS}) as same_words,
    s.reported_at < t.reported_at and ({S_WORDS}) is distinct from ({T_WORDS}) as older
) how
"""  # noqa: S608 (constants only)

CORRECT = [
    # Of two versions known at one moment both are kept: each moment has one revision.
    """
update met m set told_at = told_at + interval '1 microsecond'
where fate = 'corrected' and told_at = old_known_at and exists (
  select from market.trade_revisions r
  where (r.trade_id, r.known_at, r.action) = (m.record_id, m.told_at, 'corrected'))
""",
    """
create temp table touched on commit drop as
select m.fate as why, m.old_card as card_id, m.old_grade as grade_code,
  (m.old_ts at time zone 'UTC')::date as day
from met m where m.fate in ('known_earlier', 'corrected')
""",
    """
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select record_id, old_ts, told_at, 'corrected', believed, told,
  'the source reported the sale with other content', 'load_trades'
from met
where fate = 'corrected' and (told_at > old_known_at or old_known_at <= old_reported_at)
on conflict (trade_id, known_at, action) do nothing
""",
    """
update market.trades t
set known_at = least(t.known_at, s.known_at), reported_at = least(t.reported_at, s.reported_at)
from met m join staged_trades s using (record_id)
where (t.trade_id, t.ts) = (m.record_id, m.old_ts) and m.fate in ('known_earlier', 'told_earlier')
""",
    *PLACE_LATE,
    # Two versions of unequal time are two places in the table: the row moves.
    """
delete from market.trades t using met m
where (t.trade_id, t.ts) = (m.record_id, m.old_ts) and m.fate = 'corrected'
""",
]

TRADE_COLUMNS = """trade_id, ts, card_id, grade_code, source, source_sale_id, told_as, price_cents,
  seller, url, known_at, reported_at, meta"""

NEW = [
    f"""
insert into market.trades ({TRADE_COLUMNS})
select s.record_id, s.ts, s.card_id, s.grade_code, s.source, s.source_sale_id, s.told_as,
  s.price_cents, s.seller, s.url,
  case m.fate when 'corrected' then m.told_at else s.known_at end,
  greatest(s.reported_at, m.old_reported_at), s.meta::jsonb
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
from staged_trades s join met m using (record_id) where m.fate = 'corrected'
""",
    "drop table met",
]

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
