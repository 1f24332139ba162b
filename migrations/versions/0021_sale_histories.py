"""The past of a sale is a table of versions, derived from the set of what was said of it.

- `market.trade_statements` keeps every statement about a sale of which more than one was made.
- `market.trade_versions` are the stretches in which such a sale stood with one content.
- `market.trades.until` is when a sale was revoked that is revoked now; null: it stands.

They take the place of `market.trade_revisions`, a chain of JSON that every reader had to follow,
and of `market.standing_reports`. What these held is carried over.

Revision: 0021, after 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UNTIL = """
alter table market.trades add column until timestamptz;
alter table market.trades_archived add column until timestamptz;
comment on column market.trades.known_at is
  'from when what the row says was believed; what was believed before is in trade_versions';
comment on column market.trades.until is 'when the sale was revoked; null: it stands';
comment on column market.trades.reported_at is
  'when the content of the row was reported first, since the source said it last';
"""

STATEMENTS = """
create table market.trade_statements (
  statement_id bigint generated always as identity primary key,
  trade_id bigint not null,
  action text not null check (action in ('told', 'cancelled', 'revoked', 'reinstated')),
  reported_at timestamptz not null,
  place int not null default 0,
  known_at timestamptz not null,
  told_as bigint,
  ts timestamptz,
  card_id text,
  grade_code text,
  price_cents int,
  seller text,
  url text,
  meta jsonb,
  actor text not null,
  reason text,
  check ((action in ('told', 'cancelled')) = (ts is not null and card_id is not null
    and grade_code is not null and price_cents is not null and told_as is not null
    and meta is not null)),
  unique nulls not distinct (trade_id, action, reported_at, place, known_at, told_as, ts, card_id,
    grade_code, price_cents, seller, actor)
);
comment on table market.trade_statements is
  'append-only: what was said of a sale, where it is more than the one report in market.trades';
comment on column market.trade_statements.place is
  'of reports of one run day by a source that does not date them: which was asked for later';
grant select, insert on market.trade_statements to ingestion;
"""

VERSIONS = """
create table market.trade_versions (
  trade_id bigint not null,
  number int not null,
  present boolean not null,
  ts timestamptz not null,
  card_id text not null,
  grade_code text not null,
  price_cents int not null,
  seller text,
  known_at timestamptz not null,
  until timestamptz,
  began text not null check (began in ('told', 'corrected', 'remapped', 'reinstated')),
  began_by text not null,
  began_why text not null,
  before_cents int,
  ended text check (ended in ('corrected', 'remapped', 'revoked')),
  ended_by text,
  ended_why text,
  after_cents int,
  primary key (trade_id, number),
  check (known_at < until)
);
create index trade_versions_instrument_ts on market.trade_versions (card_id, grade_code, ts);
comment on table market.trade_versions is
  'stretches in which a sale stood with one content, of sales with statements; derived from these';
comment on column market.trade_versions.present is 'whether market.trades shows it';
comment on column market.trade_versions.before_cents is
  'the price that stood right before it began, null where none did';
comment on column market.trade_versions.after_cents is
  'the price that stood right after it ended, null where none did';
grant select, insert, delete on market.trade_versions to ingestion;
grant select on market.trade_versions to api_gw;
"""

# Of a sale with revisions: what stood before the first correction and what each said, then every
# moment at which it was told again, and the turns.
CARRY_OVER = """
create table market.carried_ids as
select trade_id from market.trade_revisions union select trade_id from market.standing_reports;
create unique index on market.carried_ids (trade_id);
analyze market.carried_ids;
create table market.carried_sales as
select t.* from market.trades t join market.carried_ids using (trade_id)
union all select t.* from market.trades_archived t join market.carried_ids using (trade_id);
create unique index on market.carried_sales (trade_id);
analyze market.carried_sales;
create table market.carried_links as
select trade_id, known_at, before, after, reason, actor,
  row_number() over (partition by trade_id order by known_at) as number
from market.trade_revisions where action = 'corrected';
create index on market.carried_links (trade_id);
create table market.carried_contents as
with told as (
  select trade_id, before as content, coalesce((before ->> 'reported_at')::timestamptz,
    (before ->> 'known_at')::timestamptz) as reported_at,
    (before ->> 'known_at')::timestamptz as known_at, known_at as next_at, 'load_trades' as actor,
    null as reason
  from market.carried_links where number = 1
  union all
  select trade_id, after, known_at, known_at, null, actor, reason from market.carried_links
  union all
  select trade_id, jsonb_build_object('ts', ts, 'card_id', card_id, 'grade_code', grade_code,
    'price_cents', price_cents, 'seller', seller, 'told_as', told_as), reported_at, known_at, null,
    'load_trades', null
  from market.carried_sales t
  where not exists (select from market.carried_links l where l.trade_id = t.trade_id)
)
select trade_id, content, known_at,
  least(reported_at, next_at - interval '1 microsecond') as reported_at,
  nullif(actor, 'load_trades') as actor, case when actor <> 'load_trades' then reason end as reason
from told;
create index on market.carried_contents (trade_id, reported_at);
analyze market.carried_contents;
insert into market.trade_statements (trade_id, action, reported_at, known_at, told_as, ts, card_id,
  grade_code, price_cents, seller, url, meta, actor, reason)
select c.trade_id, 'told', c.reported_at, c.known_at,
  coalesce((content ->> 'told_as')::bigint, t.told_as), (content ->> 'ts')::timestamptz,
  content ->> 'card_id', content ->> 'grade_code', (content ->> 'price_cents')::int,
  content ->> 'seller', t.url, t.meta, coalesce(c.actor, t.source), c.reason
from market.carried_contents c join market.carried_sales t using (trade_id)
union all
-- Told again, or cancelled, by the source: with the content that it had told by then.
select s.trade_id, s.action, s.at, s.at, coalesce((held.content ->> 'told_as')::bigint, t.told_as),
  (held.content ->> 'ts')::timestamptz, held.content ->> 'card_id', held.content ->> 'grade_code',
  (held.content ->> 'price_cents')::int, held.content ->> 'seller', t.url, t.meta, t.source, null
from (
  select trade_id, 'told' as action, told_at as at from market.standing_reports
  union
  select trade_id, case action when 'revoked' then 'cancelled' else 'told' end, known_at
  from market.trade_revisions where action <> 'corrected' and actor = 'load_trades'
) s join market.carried_sales t using (trade_id)
cross join lateral (
  select content from market.carried_contents c where c.trade_id = s.trade_id
  order by c.reported_at <= s.at desc,
    case when c.reported_at <= s.at then c.reported_at end desc, c.reported_at limit 1) held
union all
select trade_id, action, known_at, known_at, null, null, null, null, null, null, null, null, actor,
  reason
from market.trade_revisions where action <> 'corrected' and actor <> 'load_trades'
on conflict do nothing;
"""

# Stretches of content, cut to those in which the sale was not revoked.
DERIVE = """
create table market.carried_stretches as
with words as (
  select *, case when row_number() over (partition by trade_id order by reported_at, statement_id) = 1
    then known_at else greatest(known_at, reported_at) end as since
  from market.trade_statements where action in ('told', 'cancelled')
), held as (
  select *, lead(since) over told as till, lead(actor) over told as next_actor from (
    select *, (ts, card_id, grade_code, price_cents, seller) is not distinct from
      lag((ts, card_id, grade_code, price_cents, seller))
        over (partition by trade_id order by since, reported_at) as again from words) w
  where not again window told as (partition by trade_id order by since, reported_at)
), turns as (
  select r.trade_id, r.action, r.known_at, r.reason,
    case r.actor when 'load_trades' then t.source else r.actor end as actor, r.revision_id
  from market.trade_revisions r join market.carried_sales t using (trade_id)
  where r.action <> 'corrected'
), stands as (
  select distinct on (trade_id) trade_id, '-infinity'::timestamptz as since, known_at as till,
    null as back_by, null as back_why, actor as gone_by, reason as gone_why
  from turns order by trade_id, known_at, revision_id
), back as (
  select trade_id, action, known_at, lead(known_at) over turn as till, actor, reason,
    lead(actor) over turn as gone_by, lead(reason) over turn as gone_why
  from turns window turn as (partition by trade_id order by known_at, revision_id)
), standing as (
  select * from stands
  union all
  select trade_id, known_at, till, actor, reason, gone_by, gone_why
  from back where action = 'reinstated'
)
select h.trade_id, h.ts, h.card_id, h.grade_code, h.price_cents, h.seller, h.told_as,
  h.actor, h.reason, h.next_actor, greatest(h.since, s.since) as known_at,
  least(h.till, s.till) as until, s.since > h.since as back,
  s.till is not null and s.till <= coalesce(h.till, 'infinity') as gone,
  h.till is null as newest, s.back_by, s.back_why, s.gone_by, s.gone_why
from held h left join standing s using (trade_id)
where greatest(h.since, s.since) < coalesce(least(h.till, s.till), 'infinity');
insert into market.trade_versions (trade_id, number, present, ts, card_id, grade_code, price_cents,
  seller, known_at, until, began, began_by, began_why, before_cents, ended, ended_by, ended_why,
  after_cents)
select trade_id, row_number() over stretch, newest and lead(known_at) over stretch is null, ts,
  card_id, grade_code, price_cents, seller, known_at, until,
  case when back then 'reinstated' when lag(known_at) over stretch is null then 'told'
    when (told_as, price_cents, ts) = (lag(told_as) over stretch, lag(price_cents) over stretch,
      lag(ts) over stretch) then 'remapped' else 'corrected' end,
  case when back then back_by else actor end,
  coalesce(case when back then back_why else reason end, 'carried over'),
  case when lag(until) over stretch = known_at then lag(price_cents) over stretch end,
  case when gone then 'revoked' when until is null then null
    when (told_as, price_cents, ts) = (lead(told_as) over stretch, lead(price_cents) over stretch,
      lead(ts) over stretch) then 'remapped' else 'corrected' end,
  case when gone then gone_by when until is not null then next_actor end,
  case when gone then gone_why when until is not null
    then coalesce(lead(reason) over stretch, 'carried over') end,
  case when lead(known_at) over stretch = until then lead(price_cents) over stretch end
from market.carried_stretches window stretch as (partition by trade_id order by known_at);
delete from market.trade_versions v
where until is null and number = 1 and began = 'told';
create table market.carried_shown as
select s.trade_id, last.until, coalesce(v.known_at, last.until, s.known_at) as known_at
from market.carried_sales s
left join market.trade_versions v on v.trade_id = s.trade_id and v.present
left join lateral (
  select case when action = 'revoked' then known_at end as until from market.trade_revisions r
  where r.trade_id = s.trade_id and action <> 'corrected'
  order by known_at desc, revision_id desc limit 1) last on true;
update market.trades t set (known_at, until) = (s.known_at, s.until)
from market.carried_shown s where s.trade_id = t.trade_id;
update market.trades_archived t set (known_at, until) = (s.known_at, s.until)
from market.carried_shown s where s.trade_id = t.trade_id;
"""

GONE = """
drop table market.carried_ids, market.carried_sales, market.carried_links,
  market.carried_contents, market.carried_stretches, market.carried_shown;
drop table market.trade_revisions, market.standing_reports;
"""

# As migrations 0001, 0009 and 0013 made them.
BACK = """
create table market.trade_revisions (
  revision_id bigint generated always as identity primary key,
  trade_id bigint not null,
  ts timestamptz not null,
  known_at timestamptz not null,
  action text not null check (action in ('revoked', 'corrected', 'reinstated')),
  before jsonb,
  after jsonb,
  reason text not null,
  actor text not null,
  unique (trade_id, known_at, action)
);
comment on table market.trade_revisions is
  'append-only: what was later learned about an old sale; trades holds the latest belief';
create index trade_revisions_before
  on market.trade_revisions ((before ->> 'card_id'), (before ->> 'grade_code'));
create index trade_revisions_after
  on market.trade_revisions ((after ->> 'card_id'), (after ->> 'grade_code'));
grant select, insert on market.trade_revisions to ingestion;
grant select on market.trade_revisions to api_gw;
create table market.standing_reports (
  trade_id bigint not null,
  told_at timestamptz not null,
  primary key (trade_id, told_at)
);
comment on table market.standing_reports is
  'moments at which a source told a sale of several versions as standing; append-only';
grant select, insert on market.standing_reports to ingestion;
with versions as (
  select v.*, jsonb_build_object('ts', ts, 'card_id', card_id, 'grade_code', grade_code,
    'price_cents', price_cents, 'seller', seller, 'known_at', known_at) as content
  from market.trade_versions v
), pairs as (
  select *, lag(content) over stretch as before from versions
  window stretch as (partition by trade_id order by number)
)
insert into market.trade_revisions (trade_id, ts, known_at, action, before, after, reason, actor)
select trade_id, ts, known_at, 'corrected', before, content, began_why, began_by
from pairs where before - 'known_at' <> content - 'known_at'
union all
select trade_id, ts, until, 'revoked', null, null, ended_why, ended_by
from versions where ended = 'revoked'
union all
select trade_id, ts, known_at, 'reinstated', null, null, began_why, began_by
from versions where began = 'reinstated'
union all
-- One that never stood with its content, or no longer does.
select trade_id, ts, until, 'revoked', null, null, 'carried back', source
from (select * from market.trades union all select * from market.trades_archived) t
where until is not null and not exists (select from versions v
  where v.trade_id = t.trade_id and v.ended = 'revoked' and v.until = t.until);
insert into market.standing_reports
select distinct trade_id, reported_at from market.trade_statements where action = 'told';
create table market.carried_since as
select distinct on (v.trade_id) v.trade_id, v.known_at
from market.trade_versions v
join (select * from market.trades union all select * from market.trades_archived) t
  using (trade_id, card_id, grade_code, price_cents, ts)
where not exists (select from market.trade_versions later
  where later.trade_id = v.trade_id and later.number > v.number
    and (later.card_id, later.grade_code, later.price_cents, later.ts)
      <> (v.card_id, v.grade_code, v.price_cents, v.ts))
order by v.trade_id, v.number;
update market.trades t set known_at = s.known_at
from market.carried_since s where s.trade_id = t.trade_id;
update market.trades_archived t set known_at = s.known_at
from market.carried_since s where s.trade_id = t.trade_id;
drop table market.carried_since;
drop table market.trade_versions, market.trade_statements;
alter table market.trades drop column until;
alter table market.trades_archived drop column until;
"""


# Only names of months may be read as months: the planner is free to look at others first.
OLD_MONTHS = """
create or replace function market.old_months(parent text, before date) returns setof date
language sql stable security definer set search_path = pg_catalog, market, pg_temp as $$
  with months as materialized (
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where parent in ('trades', 'reported_prices')
      and i.inhparent = to_regclass('market.' || quote_ident(parent))
  )
  select to_date(right(relname, 7), 'YYYY_MM') as month from months
  where to_date(right(relname, 7), 'YYYY_MM') < date_trunc('month', before)::date
  order by month
$$;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    for statements in (UNTIL, STATEMENTS, VERSIONS, CARRY_OVER, DERIVE, GONE, OLD_MONTHS):
        op.execute(statements)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(BACK)
    op.execute("reset role")
