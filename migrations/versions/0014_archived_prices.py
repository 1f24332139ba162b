"""Archived months stay readable, and no work on prices can meet one half way.

- `market.trades_archived` and `market.reported_prices_archived` hold the months that were taken out
  of the tables: whoever needs the whole past of an instrument reads both.
- `market.archived_keys` tells the month of an archived sale or figure by its id: what a load or a
  person speaks of is found without opening the months.
- Work on prices holds a shared lock from before its first look until it commits. Archiving needs
  the same lock for itself and goes away as `busy` where it cannot have it; it looks for waiting
  work after it has the lock, not before.
- Functions that run as their owner look for temporary tables last, not first.

Revision: 0014, after 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PARENTS = """
create table market.trades_archived (like market.trades including defaults including constraints,
  primary key (trade_id, ts)) partition by range (ts);
create index trades_archived_instrument_ts on market.trades_archived (card_id, grade_code, ts);
create table market.reported_prices_archived (
  like market.reported_prices including defaults including constraints,
  primary key (report_id, day)) partition by range (day);
create index reported_prices_archived_instrument_day
  on market.reported_prices_archived (card_id, grade_code, day);
comment on table market.trades_archived is 'months of market.trades that are archived, as they were';
comment on table market.reported_prices_archived is
  'months of market.reported_prices that are archived, as they were';
grant select on market.trades_archived, market.reported_prices_archived to ingestion, api_gw;

create table market.archived_keys (
  parent text not null,
  price_id bigint not null,
  month date not null,
  primary key (parent, price_id, month)
);
create index archived_keys_month on market.archived_keys (parent, month);
comment on table market.archived_keys is 'the month of each archived sale or figure, by its id';
grant select on market.archived_keys to ingestion;
comment on function market.settled_before is 'unused: every verdict is judged on the whole past';
"""

# The order of locks: that of work on prices, then that of moving months, then those of tables.
ARCHIVE = """
create or replace function market.archive_month(parent text, month date, rows_read bigint,
  fingerprint_read bigint, object_key text, sha256 text)
returns text language plpgsql security definer
set search_path = pg_catalog, market, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  part text := market.month_partition(parent, month);
  found record;
begin
  if parent not in ('trades', 'reported_prices') then
    raise exception 'market.% is not archived', parent;
  end if;
  if not pg_try_advisory_xact_lock(hashtext('market.work_on_prices')) then
    return 'busy';
  end if;
  perform pg_advisory_xact_lock(hashtext('market.archived_months'));
  if not exists (select from pg_inherits where inhrelid = to_regclass('market.' || part)
      and inhparent = to_regclass('market.' || parent)) then
    return 'changed';
  end if;
  execute format('lock table market.%I in share mode', part);
  if exists (select from market.dirty d
      where d.day >= month and d.day < month + interval '1 month') then
    return 'busy';
  end if;
  select * into found from market.month_fingerprint(parent, month);
  if (found.rows, found.fingerprint) is distinct from (rows_read, fingerprint_read) then
    return 'changed';
  end if;
  execute format('alter table market.%I detach partition market.%I', parent, part);
  perform market.put_away(parent, month);
  insert into market.archived_months as a (parent, month, rows, fingerprint, object_key, sha256)
  values (parent, month, rows_read, fingerprint_read, object_key, sha256)
  on conflict on constraint archived_months_pkey do update
  set (rows, fingerprint, object_key, sha256, archived_at, restored_at) =
    (excluded.rows, excluded.fingerprint, excluded.object_key, excluded.sha256, now(), null);
  return 'archived';
end
$$;

create function market.put_away(parent text, month date) returns void
language plpgsql set search_path = pg_catalog, market, pg_temp as $$
declare
  part text := market.month_partition(parent, month);
  midnight text := case when parent = 'trades' then ' 00:00:00+00' else '' end;
begin
  execute format('alter table market.%I attach partition market.%I for values from (%L) to (%L)',
                 parent || '_archived', part, to_char(month, 'YYYY-MM-DD') || midnight,
                 to_char(month + interval '1 month', 'YYYY-MM-DD') || midnight);
  execute format('insert into market.archived_keys (parent, price_id, month) select %L, %I, %L from market.%I',
                 parent, case parent when 'trades' then 'trade_id' else 'report_id' end, month, part);
end
$$;
comment on function market.put_away is 'a detached month becomes one of the archived ones';
revoke all on function market.put_away(text, date) from public;

create or replace function market.attach_archived_months(parent text, days date[])
returns int language plpgsql security definer
set search_path = pg_catalog, market, pg_temp as $$
declare
  due date;
  part text;
  midnight text := case when parent = 'trades' then ' 00:00:00+00' else '' end;
  attached int := 0;
begin
  perform pg_advisory_xact_lock_shared(hashtext('market.work_on_prices'));
  if not exists (select from market.archived_months a
      where a.parent = attach_archived_months.parent and a.restored_at is null
        and a.month in (select date_trunc('month', day)::date from unnest(days) day)) then
    return 0;
  end if;
  perform pg_advisory_xact_lock(hashtext('market.archived_months'));
  for due in
    select a.month from market.archived_months a
    where a.parent = attach_archived_months.parent and a.restored_at is null
      and a.month in (select date_trunc('month', day)::date from unnest(days) day)
    order by a.month
  loop
    part := market.month_partition(parent, due);
    if to_regclass('market.' || part) is null then
      raise exception 'the archived month market.% was dropped', part
        using errcode = 'undefined_table', detail = 'market.' || part;
    end if;
    execute format('alter table market.%I detach partition market.%I', parent || '_archived', part);
    execute format('alter table market.%I attach partition market.%I for values from (%L) to (%L)',
                   parent, part, to_char(due, 'YYYY-MM-DD') || midnight,
                   to_char(due + interval '1 month', 'YYYY-MM-DD') || midnight);
    delete from market.archived_keys k
    where k.parent = attach_archived_months.parent and k.month = due;
    update market.archived_months a set restored_at = now()
    where a.parent = attach_archived_months.parent and a.month = due;
    attached := attached + 1;
  end loop;
  return attached;
end
$$;
comment on function market.attach_archived_months is
  'makes archived months of these days partitions again, and keeps others from being archived until
   the transaction ends';

create function market.read_archived() returns setof text language plpgsql security definer
set search_path = pg_catalog, market, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('market.work_on_prices'));
  perform pg_advisory_xact_lock_shared(hashtext('market.archived_months'));
  return query select market.month_partition(parent, month)
    from market.archived_months where restored_at is null
      and to_regclass('market.' || market.month_partition(parent, month)) is null
    order by 1;
end
$$;
comment on function market.read_archived is
  'no month is moved until the transaction ends; the archived months whose tables are gone';
revoke all on function market.read_archived() from public;
grant execute on function market.read_archived() to ingestion;
"""

# Months that were archived before: their tables belonged to nothing.
PUT_AWAY = """
select market.put_away(parent, month) from market.archived_months
where restored_at is null
  and to_regclass('market.' || market.month_partition(parent, month)) is not null
"""

# Without pg_temp at the end, a table of the caller's own of the same name would be found first.
TEMPORARY_LAST = """
do $$
declare
  found record;
begin
  for found in
    select p.oid::regprocedure as signature, split_part(setting, '=', 2) as path
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace, unnest(p.proconfig) setting
    where p.prosecdef and n.nspname in ('market', 'signals') and p.proowner = current_user::regrole
      and setting like 'search\\_path=%' and setting not like '%pg_temp%'
  loop
    execute format('alter function %s set search_path = %s, pg_temp', found.signature, found.path);
  end loop;
end
$$;
"""

EVERY_MONTH = """
select market.attach_archived_months(parent, array_agg(month)) from market.archived_months
where restored_at is null group by parent
"""


# As 0008 made them.
BEFORE = """
create or replace function market.archive_month(parent text, month date, rows_read bigint,
  fingerprint_read bigint, object_key text, sha256 text)
returns text language plpgsql security definer
set search_path = pg_catalog, market, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
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
create or replace function market.attach_archived_months(parent text, days date[])
returns int language plpgsql security definer set search_path = pg_catalog, market, pg_temp as $$
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
"""


def upgrade() -> None:
    for owner in ("signals_owner", "market_owner"):
        op.execute(f"set local role {owner}")
        op.execute(TEMPORARY_LAST)
    op.execute(PARENTS)
    op.execute(ARCHIVE)
    op.execute(PUT_AWAY)
    op.execute("reset role")


def downgrade() -> None:
    """Every archived month comes back first. Functions keep looking for temporary tables last."""
    op.execute("set local role market_owner")
    op.execute(EVERY_MONTH)
    op.execute("drop function market.read_archived()")
    op.execute("drop function market.put_away(text, date)")
    op.execute("drop table market.archived_keys")
    op.execute("drop table market.trades_archived, market.reported_prices_archived")
    op.execute(BEFORE)
    op.execute("reset role")
