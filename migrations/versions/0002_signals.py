"""Schema `signals`: features, forecasts, signals, models and which model serves.

Signals and forecasts are append-only: a night judged again adds a word and never takes one back,
so a read as of any moment answers with what was said by then. That is why the unique keys, which
the first draft of the product took without a time, carry `known_at`:

- The first word on a night has `known_at` = its as-of: it uses nothing learned later, nor a model
  that has. Nights filled in afterwards can so be read as history.
- A later word that differs (a new model, knowledge added to the past) has the time of its run.

`written_at` is the clock of the database, for caches alone.

Revision: 0002, after 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MODELS = """
create table signals.models (
  model_version text primary key,
  family text not null check (family in ('ewma', 'classifier')),
  created_at timestamptz not null,
  trained_through timestamptz not null,
  feature_version text not null,
  artifact_key text,
  sha256 text,
  metrics jsonb not null default '{}'
);
comment on column signals.models.trained_through is
  'latest knowledge the model has seen: it may only speak as of this moment or later';

create table signals.promotions (
  promotion_id bigint generated always as identity primary key,
  family text not null,
  model_version text not null references signals.models,
  stage text not null check (stage in ('production', 'rejected')),
  at timestamptz not null,
  actor text not null,
  reason text not null
);
create index promotions_latest on signals.promotions (family, at desc, promotion_id desc);
comment on table signals.promotions is 'append-only: which model serves, since when and why';
"""

FEATURES = """
create table signals.features_daily (
  card_id text not null,
  grade_code text not null,
  day date not null,
  feature_version text not null,
  series text not null check (series in ('trade', 'bar', 'quote')),
  raw jsonb not null,
  normalized jsonb not null,
  recency_days int not null,
  bars_365 int not null,
  close_cents int not null,
  fingerprint text not null,
  computed_at timestamptz not null default now(),
  primary key (card_id, grade_code, day, feature_version, computed_at)
) partition by range (day);
create index features_daily_day on signals.features_daily (day, feature_version);
comment on table signals.features_daily is
  'append-only: a rebuild that comes out differently is a new row; the newest computed_at counts';
comment on column signals.features_daily.fingerprint is
  'hash of the bars that went in and of the features that came out: same inputs, same bytes';

create table signals.inference_queue (
  as_of date not null,
  card_id text not null,
  grade_code text not null,
  day date not null,
  generation int not null,
  primary key (as_of, card_id, grade_code, day)
);
comment on table signals.inference_queue is
  'features are built, signals are not yet: from build_features to infer, which deletes its rows';
comment on column signals.inference_queue.generation is
  'of the row of market.dirty that infer will clear; 0 where there is none (a standing signal)';

create table signals.features_latest (
  card_id text not null references market.cards,
  grade_code text not null references market.grades,
  asof_ts timestamptz not null,
  feature_version text not null,
  features jsonb not null,
  recency_days int not null default 0,
  primary key (card_id, grade_code)
);

create table signals.forecasts (
  card_id text not null,
  grade_code text not null,
  horizon_days int not null check (horizon_days > 0),
  asof_ts timestamptz not null,
  model_version text not null,
  q10 double precision not null,
  q50 double precision not null,
  q90 double precision not null,
  fingerprint text not null,
  known_at timestamptz not null,
  check (q10 <= q50 and q50 <= q90),
  check (known_at >= asof_ts),
  primary key (card_id, grade_code, horizon_days, asof_ts, model_version, known_at)
);
comment on table signals.forecasts is
  'append-only: quantiles of the log return over horizon_days; the newest known_at counts';
"""

SIGNALS = """
create table signals.signals (
  signal_id bigint generated always as identity primary key,
  card_id text not null references market.cards,
  grade_code text not null references market.grades,
  horizon_days int not null default 90,
  asof_ts timestamptz not null,
  model_version text not null,
  feature_version text not null,
  action text not null check (action in ('BUY', 'HOLD', 'SELL')),
  conviction numeric not null check (conviction >= 0 and conviction <= 1),
  expected_return numeric,
  risk numeric,
  utility numeric,
  utility_sell numeric,
  p_buy numeric,
  p_hold numeric,
  p_sell numeric,
  price_cents int not null,
  series text not null,
  reasons jsonb not null,
  features jsonb not null,
  fingerprint text not null,
  known_at timestamptz not null default now(),
  written_at timestamptz not null default now(),
  check (known_at >= asof_ts),
  unique (card_id, grade_code, horizon_days, asof_ts, model_version, known_at)
);
create index signals_instrument_asof on signals.signals (card_id, grade_code, asof_ts desc);
create index signals_asof_utility on signals.signals (asof_ts desc, horizon_days, utility desc);
create index signals_written on signals.signals (written_at);
comment on table signals.signals is
  'append-only: the newest word at a moment has the latest asof_ts, then known_at, then signal_id';
comment on column signals.signals.known_at is
  'when this word could first be heard: asof_ts for the first on a night, else the time of its run';
comment on column signals.signals.fingerprint is 'hash of the frozen inputs: same inputs, same bytes';

create table signals.flips (
  card_id text not null,
  grade_code text not null,
  horizon_days int not null,
  asof_ts timestamptz not null,
  model_version text not null,
  from_action text not null,
  to_action text not null,
  conviction numeric not null,
  published_at timestamptz,
  primary key (card_id, grade_code, horizon_days, asof_ts, model_version)
);
create index flips_unpublished on signals.flips (asof_ts) where published_at is null;
comment on table signals.flips is
  'outbox: written with its signal, marked once the bus has taken it';
"""

PARTITIONS = """
create function signals.ensure_month_partitions(parent text, first date, last date)
returns int language plpgsql security definer
set search_path = pg_catalog, signals, pg_temp as $$
declare
  month date := date_trunc('month', first)::date;
  part text;
  made int := 0;
begin
  if parent <> 'features_daily' then
    raise exception 'signals.% is not partitioned by month', parent;
  end if;
  if last < first or last > first + interval '60 years' then
    raise exception 'refusing to create partitions from % to %', first, last;
  end if;
  while month <= last loop
    part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
    if to_regclass('signals.' || part) is null then
      begin
        execute format('create table signals.%I partition of signals.%I for values from (%L) to (%L)',
                       part, parent, month, (month + interval '1 month')::date);
        made := made + 1;
      exception when duplicate_table then
        null; -- another job made it between the look and the create
      end;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end
$$;
revoke all on function signals.ensure_month_partitions(text, date, date) from public;
grant execute on function signals.ensure_month_partitions(text, date, date) to signals_svc;
"""

GRANTS = """
grant usage on schema signals to signals_svc, api_gw;
grant select, insert, update, delete on all tables in schema signals to signals_svc;
revoke update, delete on signals.models, signals.promotions, signals.features_daily,
  signals.forecasts, signals.signals from signals_svc;
grant select on signals.signals, signals.forecasts, signals.features_latest, signals.models,
  signals.promotions, signals.flips to api_gw;
"""


def upgrade() -> None:
    op.execute("create schema signals authorization signals_owner")
    op.execute("set local role signals_owner")
    for block in (MODELS, FEATURES, SIGNALS, PARTITIONS, GRANTS):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop schema signals cascade")
    op.execute("reset role")
