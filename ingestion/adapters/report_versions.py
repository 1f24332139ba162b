"""SQL of the versions of reported figures: which stood for a card's day, from when until when."""

# Series that a figure was moved out of or into, since it is of another card than was thought.
SHIFTED = """
with shifted as (
  select p.source, p.kind, r.card_id, r.grade_code, r.day
  from market.report_revisions r join {reported_prices} p using (report_id, day)
  union
  select p.source, p.kind, p.card_id, p.grade_code, p.day
  from market.report_revisions r join {reported_prices} p using (report_id, day)
)"""

# Of several figures a source gave for one day, each stands from its report until the report of
# another one; the first is known when such figures are known, whenever it was reported.
UNMOVED = (
    SHIFTED  # noqa: S608 (constants only)
    + """
select 'report' as subject, kind, report_id as key, card_id, grade_code,
  day::timestamp at time zone 'UTC' as ts, price_cents, high_cents, low_cents, units,
  null::text as seller, first_known as known_at, lead(first_known) over version as until
from (
  select told.*, case when before is null then known_at else greatest(known_at, said) end
    as first_known
  from (
    select p.*, said, lag(p.report_id) over same_day as before
    from {reported_prices} p join wanted w using (card_id, grade_code), unnest(p.reports) said
    where p.day between w.first and w.last
      and p.day between (select min(first) from wanted) and (select max(last) from wanted)
      and not exists (select from shifted s
        where (s.source, s.kind, s.card_id, s.grade_code, s.day)
          = (p.source, p.kind, p.card_id, p.grade_code, p.day))
    window same_day as (partition by p.source, p.kind, p.card_id, p.grade_code, p.day
                        order by said, p.known_at, p.report_id)
  ) told
  where before is distinct from report_id
) stands
window version as (partition by source, kind, card_id, grade_code, day
                   order by first_known, said, report_id)
"""
)

# There a figure counts only while it was thought to be of the card: at each turn, the one reported
# last of those that do.
MOVED = (
    SHIFTED  # noqa: S608 (constants only)
    + """, beliefs as (
  select report_id, day, card_id, grade_code, known_at as since, null::timestamptz as till
  from {reported_prices} p
  union all
  select report_id, day, card_id, grade_code, since, known_at from market.report_revisions
), told as (
  select source, kind, card_id, grade_code, day, report_id, p.price_cents, p.high_cents,
    p.low_cents, p.units, b.since, b.till, said,
    case when said = min(said) over (partition by source, kind, card_id, grade_code, day)
      then b.since else greatest(b.since, said) end as first_known
  from shifted s join beliefs b using (card_id, grade_code, day)
  join wanted w using (card_id, grade_code)
  join (
    select report_id, day, source, kind, price_cents, high_cents, low_cents, units, reports
    from {reported_prices} p
  ) p using (report_id, day, source, kind), unnest(p.reports) said
  where day between w.first and w.last
), turns as (
  select source, kind, card_id, grade_code, day, first_known as at from told
  union
  select source, kind, card_id, grade_code, day, till from told where till is not null
), standing as (
  select distinct on (source, kind, card_id, grade_code, day, at) source, kind, card_id,
    grade_code, day, at, t.report_id, t.price_cents, t.high_cents, t.low_cents, t.units
  from turns left join told t using (source, kind, card_id, grade_code, day)
  where first_known <= at and (till is null or at < till)
  order by source, kind, card_id, grade_code, day, at, said desc, since desc, report_id desc
), followed as (
  select turns.*, s.report_id, s.price_cents, s.high_cents, s.low_cents, s.units,
    lag(s.report_id) over series as before, row_number() over series = 1 as first
  from turns left join standing s using (source, kind, card_id, grade_code, day, at)
  window series as (partition by source, kind, card_id, grade_code, day order by at)
), changes as (
  select *, lead(at) over (partition by source, kind, card_id, grade_code, day order by at)
    as until
  from followed where first or before is distinct from report_id
)
select 'report' as subject, kind, report_id as key, card_id, grade_code,
  day::timestamp at time zone 'UTC' as ts, price_cents, high_cents, low_cents, units,
  null::text as seller, at as known_at, until
from changes where report_id is not null
"""
)

REPORT_VERSIONS = (UNMOVED, MOVED)
