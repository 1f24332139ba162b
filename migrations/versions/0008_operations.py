"""Operations: backfills, archived months, and closes that the search knows.

- `market.backfills` and `market.backfill_days` are the plan of a backfill and how far it is: a run
  that was killed goes on where it stood.
- `market.loads` tells from which day on a run asked, so that a day inside a long window is not
  taken for a missing one.
- An archived month is a partition that was detached after its parquet was read back; the table
  stays. `attach_archived_months` makes it a partition again when a late sale of it arrives.
- `market.card_closes` is what the search knows of prices; stage `search` of the dirty set is what
  it has yet to hear.

Revision: 0008, after 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BACKFILLS = """
create table market.backfills (
  backfill_id text primary key,
  sources text[] not null,
  instruments text[] not null,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  mode text not null check (mode in ('missing', 'failed', 'all')),
  refetch boolean not null,
  planned_at timestamptz not null default now(),
  finished_at timestamptz
);
comment on table market.backfills is 'what was asked for, by the id of the run that does it';
create table market.backfill_days (
  backfill_id text not null references market.backfills on delete cascade,
  source text not null,
  day date not null,
  action text not null check (action in ('fetch', 'replay')),
  state text not null default 'planned' check (state in ('planned', 'done', 'failed')),
  reason text not null default '',
  rows_read int not null default 0,
  rows_added int not null default 0,
  updated_at timestamptz not null default now(),
  primary key (backfill_id, source, day)
);
comment on column market.backfill_days.action is
  'fetch: the source is asked for the day; replay: what raw/ holds of that run is screened again';
grant select, insert, update, delete on market.backfills, market.backfill_days to ingestion;

alter table market.loads add column first_day date;
comment on column market.loads.first_day is
  'first UTC day of the window that the run of `day` asked for; null: that day alone';
"""

ARCHIVE = """
create table market.archived_months (
  parent text not null,
  month date not null,
  rows bigint not null,
  fingerprint bigint not null,
  object_key text not null,
  sha256 text not null,
  archived_at timestamptz not null default now(),
  restored_at timestamptz,
  primary key (parent, month)
);
comment on table market.archived_months is
  'partitions that were detached after their parquet in curated/ had been read back and compared';
grant select on market.archived_months to ingestion;

create function market.month_partition(parent text, month date) returns text
language sql immutable strict set search_path = pg_catalog as $$
  select format('%s_%s', parent, to_char(month, 'YYYY_MM'))
$$;

create function market.old_months(parent text, before date) returns setof date
language sql stable security definer set search_path = pg_catalog, market as $$
  select to_date(right(c.relname, 7), 'YYYY_MM') as month
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where parent in ('trades', 'reported_prices')
    and i.inhparent = to_regclass('market.' || quote_ident(parent))
    and to_date(right(c.relname, 7), 'YYYY_MM') < date_trunc('month', before)::date
  order by month
$$;
comment on function market.old_months is 'attached months of a table of prices before that of a day';

-- The order of the rows has no say in the fingerprint; a row counts as its text.
create function market.month_fingerprint(parent text, month date,
  out rows bigint, out fingerprint bigint)
language plpgsql stable security definer
set search_path = pg_catalog, market set timezone = 'UTC' set datestyle = 'ISO' as $$
begin
  if parent not in ('trades', 'reported_prices') then
    raise exception 'market.% is not archived', parent;
  end if;
  execute format('select count(*), coalesce(bit_xor(hashtextextended(p::text, 0)), 0) from market.%I p',
                 market.month_partition(parent, month)) into rows, fingerprint;
end
$$;

create function market.archive_month(parent text, month date, rows_read bigint,
  fingerprint_read bigint, object_key text, sha256 text)
returns text language plpgsql security definer
set search_path = pg_catalog, market set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  part text := market.month_partition(parent, month);
  found record;
begin
  if parent not in ('trades', 'reported_prices') then
    raise exception 'market.% is not archived', parent;
  end if;
  if exists (select from market.dirty where day >= month and day < month + interval '1 month') then
    return 'busy';
  end if;
  perform pg_advisory_xact_lock(hashtext('market.archived_months'));
  execute format('lock table market.%I in share mode', part);
  select * into found from market.month_fingerprint(parent, month);
  if (found.rows, found.fingerprint) is distinct from (rows_read, fingerprint_read) then
    return 'changed';
  end if;
  execute format('alter table market.%I detach partition market.%I', parent, part);
  insert into market.archived_months as a (parent, month, rows, fingerprint, object_key, sha256)
  values (parent, month, rows_read, fingerprint_read, object_key, sha256)
  on conflict on constraint archived_months_pkey do update
  set (rows, fingerprint, object_key, sha256, archived_at, restored_at) =
    (excluded.rows, excluded.fingerprint, excluded.object_key, excluded.sha256, now(), null);
  return 'archived';
end
$$;
comment on function market.archive_month is
  'detaches a month whose rows are still those that were read: archived; else says busy or changed';

create function market.attach_archived_months(parent text, days date[])
returns int language plpgsql security definer set search_path = pg_catalog, market as $$
declare
  due date;
  midnight text := case when parent = 'trades' then ' 00:00:00+00' else '' end;
  attached int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('market.archived_months'));
  for due in
    select a.month from market.archived_months a
    where a.parent = attach_archived_months.parent and a.restored_at is null
      and a.month in (select date_trunc('month', day)::date from unnest(days) day)
  loop
    execute format('alter table market.%I attach partition market.%I for values from (%L) to (%L)',
                   parent, market.month_partition(parent, due),
                   to_char(due, 'YYYY-MM-DD') || midnight,
                   to_char(due + interval '1 month', 'YYYY-MM-DD') || midnight);
    update market.archived_months a set restored_at = now()
    where a.parent = attach_archived_months.parent and a.month = due;
    attached := attached + 1;
  end loop;
  return attached;
end
$$;
comment on function market.attach_archived_months is
  'makes archived months of these days partitions again: a late sale of them has arrived';

create function market.settled_before() returns date language sql stable security definer
set search_path = pg_catalog, market as $$
  select (max(month) + interval '1 month' + interval '365 days')::date
  from market.archived_months where restored_at is null
$$;
comment on function market.settled_before is
  'prices before this day were judged against months that are archived now: their verdicts stand';
revoke all on function market.month_partition(text, date), market.old_months(text, date),
  market.month_fingerprint(text, date), market.settled_before(),
  market.archive_month(text, date, bigint, bigint, text, text),
  market.attach_archived_months(text, date[]) from public;
grant execute on function market.month_partition(text, date), market.old_months(text, date),
  market.month_fingerprint(text, date), market.settled_before(),
  market.archive_month(text, date, bigint, bigint, text, text),
  market.attach_archived_months(text, date[]) to ingestion;
"""


SEARCH = """
alter table market.dirty drop constraint dirty_stage_check,
  add constraint dirty_stage_check check (stage in ('bars', 'curated', 'signals', 'search'));

create table market.card_closes (
  card_id text not null references market.cards on delete cascade,
  grade_code text not null references market.grades,
  kind text not null check (kind in ('trade', 'bar', 'quote')),
  day date not null,
  close_cents int not null,
  primary key (card_id, grade_code)
);
comment on table market.card_closes is
  'what the search shows of prices: the newest close of each instrument, in the series readers use';

-- Computed from the bars as they are: hearing of a change twice, or late, gives the same row.
create function market.index_card_closes(cards text[], grades text[]) returns int
language sql security definer set search_path = pg_catalog, market as $$
  with wanted as (
    select distinct w.card_id, w.grade_code
    from unnest(cards, grades) as w (card_id, grade_code)
      join market.cards using (card_id) join market.grades using (grade_code)
  ), newest as (
    select (select day from market.prices_daily order by day desc limit 1) as day
  ), counted as (
    select distinct on (p.card_id, p.grade_code, p.kind) p.card_id, p.grade_code, p.kind, p.day,
      p.close_cents, count(*) filter (where p.day > newest.day - 365)
        over (partition by p.card_id, p.grade_code, p.kind) as bars_365
    from wanted join market.prices_daily p using (card_id, grade_code) cross join newest
    order by p.card_id, p.grade_code, p.kind, p.day desc
  ), used as (
    select distinct on (card_id, grade_code) card_id, grade_code, kind, day, close_cents
    from counted
    order by card_id, grade_code, case
      when kind = 'trade' and bars_365 >= 12 then 0
      when kind = 'bar' and bars_365 >= 12 then 1
      when kind = 'quote' and bars_365 >= 1 then 2
      when kind = 'trade' then 3 when kind = 'bar' then 4 else 5 end
  ), gone as (
    delete from market.card_closes k using wanted w
    where (k.card_id, k.grade_code) = (w.card_id, w.grade_code)
      and not exists (select from used u where (u.card_id, u.grade_code) = (w.card_id, w.grade_code))
    returning 1
  ), kept as (
    insert into market.card_closes as k (card_id, grade_code, kind, day, close_cents)
    select card_id, grade_code, kind, day, close_cents from used order by card_id, grade_code
    on conflict (card_id, grade_code) do update set (kind, day, close_cents) =
      (excluded.kind, excluded.day, excluded.close_cents)
    where (k.kind, k.day, k.close_cents) is distinct from
      (excluded.kind, excluded.day, excluded.close_cents)
    returning 1
  )
  select ((select count(*) from gone) + (select count(*) from kept))::int
$$;
comment on function market.index_card_closes is
  'brings the search''s closes of these instruments in line with the bars; the rows that changed';
revoke all on function market.index_card_closes(text[], text[]) from public;
grant execute on function market.index_card_closes(text[], text[]) to api_gw;
grant select on market.card_closes to api_gw;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    for block in (BACKFILLS, ARCHIVE, SEARCH):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.index_card_closes(text[], text[])")
    op.execute("drop table market.card_closes")
    op.execute("delete from market.dirty where stage = 'search'")
    op.execute("alter table market.dirty drop constraint dirty_stage_check")
    op.execute(
        "alter table market.dirty add constraint dirty_stage_check"
        " check (stage in ('bars', 'curated', 'signals'))"
    )
    # Detached months belong to nothing: without this list nobody would find them again.
    op.execute(
        "select market.attach_archived_months(parent, array_agg(month))"
        " from market.archived_months where restored_at is null group by parent"
    )
    op.execute("drop function market.attach_archived_months(text, date[])")
    op.execute("drop function market.archive_month(text, date, bigint, bigint, text, text)")
    op.execute("drop function market.settled_before()")
    op.execute("drop function market.month_fingerprint(text, date)")
    op.execute("drop function market.old_months(text, date)")
    op.execute("drop function market.month_partition(text, date)")
    op.execute("drop table market.archived_months")
    op.execute("alter table market.loads drop column first_day")
    op.execute("drop table market.backfill_days, market.backfills")
    op.execute("reset role")
