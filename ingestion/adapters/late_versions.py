"""The statements that put a version of a sale which arrives out of turn where it belongs.

The past of a sale is read from its revisions: what stood before the first of them, and what each
says came `after`. So a late version only adds revisions, and none has to be edited. A moment at
which the believed content was told again leaves a note; a version that falls before it holds until
then.
"""

# Moments at which a sale was told. A cancellation tells the content too.
NOTED = """
select trade_id, told_at as at from market.standing_reports
union all
select trade_id, known_at from market.trade_revisions
where action = 'revoked' and actor = 'load_trades'
"""
# Every source's; one that says itself when it changed a sale is also believed that it stands.
NOTE = """
insert into market.standing_reports (trade_id, told_at)
select distinct m.record_id, said.at
from met m cross join lateral (values (m.reported_at), (m.old_reported_at)) said (at)
where m.reported_at <> m.old_reported_at
  and not exists (select from staged_cancelled c
    where (c.record_id, c.reported_at) = (m.record_id, said.at))
  and not exists (select from market.trade_revisions r
    where (r.trade_id, r.known_at, r.action) = (m.record_id, said.at, 'revoked'))
on conflict do nothing
"""


def same(one: str, other: str) -> str:
    """Whether two contents are the same, or the same words read in two ways."""
    pairs = []
    for names in (
        ("card_id", "grade_code", "price_cents", "seller"),
        ("told_as", "price_cents", "seller"),
    ):
        sides = (
            ", ".join([f"({it} ->> 'ts')::timestamptz", *(f"{it} ->> '{name}'" for name in names)])
            for it in (one, other)
        )
        pairs.append("({}) is not distinct from ({})".format(*sides))
    return f"({' or '.join(pairs)})"


# What was believed of these sales, one after another: `at` is the moment from which each was, had
# another stood before.
CHAIN = """
create temp table chain on commit drop as
with links as (
  select r.trade_id, r.known_at, r.before, r.after,
    row_number() over (partition by r.trade_id order by r.known_at) as number
  from met m join market.trade_revisions r on r.trade_id = m.record_id
  where m.fate = 'late' and r.action = 'corrected'
), firsts as (
  select trade_id, before as content from links where number = 1
  union all
  select record_id, believed from met m
  where fate = 'late' and not exists (select from links l where l.trade_id = m.record_id)
)
select trade_id, greatest(known_at, reported_at) as at, content, reported_at
from firsts cross join lateral (
  select (content ->> 'known_at')::timestamptz as known_at,
    (content ->> 'reported_at')::timestamptz as reported_at) told
union all
select trade_id, known_at, after, coalesce((after ->> 'reported_at')::timestamptz, known_at)
from links
"""
# Left out: what was told already, and what was known only when something later was known too.
PLACE = f"""
create temp table placed on commit drop as
select m.record_id, m.told, m.known_at, m.reported_at, said.at as told_at, first.at as first_at,
  first.content as first, held.content as held, again.at as again_at,
  m.old_ts, m.old_card, m.old_grade,
  first.at = last.at as alone, coalesce(again.at, next.at) as held_again_at,
  said.at >= m.old_known_at as splits,
  next.at = m.old_known_at and again.at is null and {same("m.told", "next.content")} as begins
from met m
cross join lateral (select greatest(m.known_at, m.reported_at) as at) said
cross join lateral (
  select at, content from chain where trade_id = m.record_id order by at, reported_at limit 1) first
cross join lateral (select max(at) as at from chain where trade_id = m.record_id) last
left join lateral (
  select content from chain where trade_id = m.record_id and at <= said.at
  order by at desc, reported_at desc limit 1) held on true
left join lateral (
  select at, content from chain where trade_id = m.record_id and at > said.at
  order by at limit 1) next on true
left join lateral (
  select min(note.at) as at from ({NOTED}) note
  where note.trade_id = m.record_id and note.at > said.at
    and note.at < coalesce(next.at, 'infinity')
) again on true
where m.fate = 'late'
  and not exists (select from chain c where c.trade_id = m.record_id and c.at <= said.at
    and (c.reported_at > m.reported_at or c.at = said.at and c.reported_at = m.reported_at))
  and not exists (select from ({NOTED}) note
    where note.trade_id = m.record_id and note.at > m.reported_at and note.at <= said.at)
  and case when held.content is null then m.known_at < first.at
    else not {same("m.told", "held.content")} end
"""  # noqa: S608 (constants only)
REVISE = """
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select record_id, (before ->> 'ts')::timestamptz, at, 'corrected', before, after,
  'the source reported the sale with other content', 'load_trades'
from (
  select record_id, first_at as at, told as before, first as after from placed where held is null
  union all
  select record_id, told_at, held, told from placed where held is not null
  union all
  select record_id, again_at, told, held || jsonb_build_object('reported_at', again_at)
  from placed where held is not null and again_at is not null
) found
on conflict (trade_id, known_at, action) do nothing
"""
# What is believed now was told again after something else had been told.
RETELL = f"""
update market.trades t set reported_at = again.at
from met m cross join lateral (
  select min(note.at) as at from ({NOTED}) note
  where note.trade_id = m.record_id and note.at > m.reported_at) again
where m.fate = 'late' and (t.trade_id, t.ts) = (m.record_id, m.old_ts)
  and m.reported_at >= m.old_reported_at and not {same("m.told", "m.believed")}
  and again.at is not null
"""  # noqa: S608 (constants only)
# What is believed now has been since another moment: a late version splits or begins its time.
HOLD = """
update market.trades t
set known_at = case when held is null then first_at when splits then held_again_at
    else told_at end,
  reported_at = case when held is null then t.reported_at when splits then held_again_at
    else p.reported_at end
from placed p
where (t.trade_id, t.ts) = (p.record_id, p.old_ts)
  and case when held is null then alone when splits then held_again_at is not null
    else begins end
"""
TOUCH = """
insert into touched
select 'corrected', old_card, old_grade, (old_ts at time zone 'UTC')::date from placed
union all
select 'where it was', content ->> 'card_id', content ->> 'grade_code',
  ((content ->> 'ts')::timestamptz at time zone 'UTC')::date
from placed cross join lateral (values (told), (first), (held)) one (content)
where content is not null
"""
PLACE_LATE = [CHAIN, PLACE, REVISE, RETELL, HOLD, TOUCH, "drop table chain, placed"]
