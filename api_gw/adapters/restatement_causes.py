"""The SQL that finds what changed a bar: pieces of knowledge that fall on a change of version."""

# $1 day, $2 and $3 the two moments, $4 the end of the day, $5 and $6 the instruments, $7 how many
# causes of each bar.
#
# `moments` are the times at which a bar of the day became another one within the span. What was
# learned counts from then on (of a trading day not before the day is over), so a piece of
# knowledge is a cause of exactly those bars that change at its moment.
CAUSES = """
with wanted as (
  select * from unnest($5::text[], $6::text[]) w (card_id, grade_code)
), moments as (
  select card_id, grade_code, kind, known_at as at
  from market.prices_daily join wanted using (card_id, grade_code)
  where day = $1::date and known_at > $2::timestamptz and known_at <= $3::timestamptz
  union
  select card_id, grade_code, kind, turn.at
  from market.prices_daily_history join wanted using (card_id, grade_code),
    unnest(array[known_at, superseded_at]) turn (at)
  where day = $1::date and turn.at > $2::timestamptz and turn.at <= $3::timestamptz
), reported as not materialized (
  select * from market.reported_prices union all select * from market.reported_prices_archived
), versions as (
  select v.* from market.trade_versions v join wanted using (card_id, grade_code)
  where v.ts >= $4::timestamptz - interval '1 day' and v.ts < $4::timestamptz
), sales as (
  select t.* from (select * from market.trades union all select * from market.trades_archived) t
  join wanted using (card_id, grade_code)
  where t.ts >= $4::timestamptz - interval '1 day' and t.ts < $4::timestamptz
), arrivals as (
  select trade_id, card_id, grade_code, known_at, price_cents, source, 'a sale was reported' as why
  from sales s
  where (until is null or known_at < until)
    and not exists (select from versions v where v.trade_id = s.trade_id)
  union all
  select trade_id, card_id, grade_code, known_at, price_cents, began_by, began_why
  from versions where began = 'told'
), figures as (
  select p.*, said, greatest(p.known_at, said) as at
  from reported p join wanted using (card_id, grade_code), unnest(p.reports) said
  where p.day = $1::date
), told as (
  select card_id, grade_code, 'trade' as kind, greatest(known_at, $4::timestamptz) as at,
    began as what, known_at, 'trade' as subject, trade_id as subject_id, began_by as actor,
    began_why as why, before_cents, price_cents as after_cents
  from versions where began <> 'told'
  union all
  select card_id, grade_code, 'trade', greatest(until, $4::timestamptz), ended, until, 'trade',
    trade_id, ended_by, ended_why, price_cents, after_cents
  from versions where ended is not null
  union all
  select card_id, grade_code, 'trade', greatest(known_at, $4::timestamptz),
    case when known_at > $4::timestamptz then 'late_arrival' else 'day_over' end,
    known_at, 'trade', trade_id, source, why, null, price_cents
  from arrivals
  union all
  select card_id, grade_code, case subject when 'trade' then 'trade' else kind end,
    case subject when 'trade' then greatest(v.known_at, $4::timestamptz) else v.known_at end,
    case when actor = 'rule' then 'outlier_verdict' else 'person_decision' end,
    v.known_at, subject, subject_id, actor, verdict || ': ' || rule, null, null
  from market.outlier_verdicts v join wanted using (card_id, grade_code)
  left join lateral (select kind from reported p
    where p.report_id = v.subject_id and p.day = $1::date limit 1) figure on v.subject = 'report'
  where event_at >= $4::timestamptz - interval '1 day' and event_at < $4::timestamptz
  union all
  select f.card_id, f.grade_code, f.kind, turn.at,
    case when older.price_cents is not null then 'corrected'
      when turn.at > $4::timestamptz then 'late_arrival' else 'first_report' end,
    turn.at, 'report', f.report_id, f.source, 'the source stated a figure',
    older.price_cents, f.price_cents
  from figures f
  cross join lateral (select distinct unnest(array[f.known_at, f.at]) as at) turn
  left join lateral (
    select o.price_cents from figures o
    where (o.source, o.kind, o.card_id, o.grade_code) = (f.source, f.kind, f.card_id, f.grade_code)
      and o.report_id <> f.report_id and o.said < f.said
    order by o.said desc limit 1) older on true
  where not exists (select from market.report_revisions v
    where (v.report_id, v.day, v.known_at) = (f.report_id, $1::date, turn.at))
  union all
  -- A figure that was thought to be of another card until then.
  select w.card_id, w.grade_code, p.kind, v.known_at, 'remapped', v.known_at, 'report',
    p.report_id, v.actor, v.reason, p.price_cents, p.price_cents
  from market.report_revisions v join reported p using (report_id, day)
  join wanted w on (w.card_id, w.grade_code) = (v.card_id, v.grade_code)
    or (w.card_id, w.grade_code) = (p.card_id, p.grade_code) and v.known_at = p.known_at
  where v.day = $1::date
)
select card_id, grade_code, kind, total, what, known_at, subject, subject_id, actor, why,
  before_cents, after_cents
from (
  select *, count(*) over (partition by card_id, grade_code, kind) as total,
    row_number() over (partition by card_id, grade_code, kind
                       order by known_at, what, subject_id, actor, why) as place
  from (
    select distinct card_id, grade_code, kind, what, known_at, subject, subject_id, actor, why,
      before_cents, after_cents
    from told join moments using (card_id, grade_code, kind, at)
  ) causes
) placed
where place <= $7::int
order by card_id, grade_code, kind, place
"""
CAUSES_OF_A_BAR = 100  # nobody reads on; how many there are in all is told beside them
