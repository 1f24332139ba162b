-- Roles of the platform, created once by whoever administers the cluster. Idempotent, no passwords.
-- Owners cannot log in; services log in but own nothing; `migrations` may act as the owners.
do $$
declare
  name text;
begin
  foreach name in array array['market_owner', 'signals_owner'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin nosuperuser nobypassrls', name);
    end if;
  end loop;
  foreach name in array array['migrations', 'ingestion', 'signals_svc', 'backtest_svc',
    'api_gw', 'maintenance'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format(
        'create role %I login nosuperuser nocreatedb nocreaterole nobypassrls', name);
    end if;
  end loop;
end
$$;

-- A migration still says `set role`, so that what it creates belongs to the owner.
grant market_owner, signals_owner to migrations;

-- PostgreSQL 16 lets only owners vacuum (17 has a privilege that is just that). By itself this login
-- may do nothing to a table: it inherits nothing, and the vacuum job says `set role`, table by table.
-- Whoever has its password can say so too, and then alter and drop: it is the vacuum job's alone.
grant market_owner, signals_owner to maintenance with inherit false, set true, admin false;

-- A forgotten transaction or a bad plan must not hold locks that others wait for.
alter role migrations set lock_timeout = '4s';
alter role migrations set statement_timeout = '5min';
alter role maintenance set lock_timeout = '10s';
alter role maintenance set statement_timeout = '30min';
alter role ingestion set lock_timeout = '10s';
alter role ingestion set statement_timeout = '5min';
alter role ingestion set idle_in_transaction_session_timeout = '5min';
alter role signals_svc set lock_timeout = '10s';
alter role signals_svc set statement_timeout = '5min';
alter role signals_svc set idle_in_transaction_session_timeout = '5min';
alter role backtest_svc set lock_timeout = '1s';
alter role backtest_svc set statement_timeout = '5min';
alter role backtest_svc set idle_in_transaction_session_timeout = '5min';
alter role backtest_svc set default_transaction_read_only = on;
alter role api_gw set lock_timeout = '1s';
alter role api_gw set statement_timeout = '5s';
alter role api_gw set idle_in_transaction_session_timeout = '10s';
alter role api_gw set default_transaction_read_only = on;
