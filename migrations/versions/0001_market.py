"""Schema `market`: cards, trades, bars, verdicts, quarantine, product map, dirty set.

Where this mends the seed's DDL:
- `trades` is partitioned by `ts`, so `ts` has to be in its key. `trade_id` is a 64-bit hash of
  the sale's natural key: (trade_id, ts) is the only unique key. An identity column is not
  inherited by partitions, and a second unique key halves the load.
- Cards and grades are checked in staging, so `trades` and `prices_daily` carry no foreign key.
- A card's identity has edition, finish and language; no other table has a variant column.
- Event time (`ts`, `day`) and knowledge time (`known_at`) are two columns everywhere.

Revision: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CATALOG = """
create table market.games (
  game text primary key,
  name text not null
);
insert into market.games values ('pokemon', 'Pokémon'), ('mtg', 'Magic: The Gathering');

create table market.sets (
  set_id text primary key,
  game text not null references market.games,
  name text not null,
  series text,
  release_date date,
  printed_total int,
  total int,
  code text
);
comment on column market.sets.code is 'the short code players type, as PTCGO has it';

create table market.cards (
  card_id text primary key,
  game text not null references market.games,
  set_id text not null references market.sets,
  name text not null,
  number text not null,
  edition text not null default 'unlimited',
  finish text not null default 'default',
  language text not null default 'en',
  rarity text,
  supertype text,
  subtypes text[] not null default '{}',
  artist text,
  image_small text,
  image_large text,
  unique (game, set_id, number, edition, finish, language)
);
create index cards_set_number on market.cards (set_id, number);

create table market.grades (
  grade_code text primary key,
  company text,
  scale numeric(3, 1),
  qualifier text,
  description text not null
);

create table market.product_map (
  source text not null,
  product text not null,
  valid_from timestamptz not null default '-infinity',
  valid_to timestamptz not null default 'infinity',
  card_id text not null references market.cards,
  grade_code text references market.grades,
  confidence numeric(4, 3) not null check (confidence between 0 and 1),
  evidence text not null,
  actor text not null,
  known_at timestamptz not null default now(),
  primary key (source, product, valid_from),
  check (valid_from < valid_to)
);
comment on column market.product_map.grade_code is 'null: the sale itself states its grade';
"""

TRADES = """
create table market.trades (
  trade_id bigint not null,
  ts timestamptz not null,
  card_id text not null,
  grade_code text not null,
  source text not null,
  source_sale_id text,
  told_as bigint not null default 0,
  price_cents int not null check (price_cents > 0),
  currency text not null default 'USD' check (currency = 'USD'),
  seller text,
  url text,
  known_at timestamptz not null,
  reported_at timestamptz not null default now(),
  loaded_at timestamptz not null default now(),
  meta jsonb not null default '{}',
  primary key (trade_id, ts)
) partition by range (ts);
create index trades_instrument_ts on market.trades (card_id, grade_code, ts);
create index trades_source_ts on market.trades (source, ts);
comment on column market.trades.currency is 'of price_cents; the original amount and currency are in meta';
comment on column market.trades.told_as is
  'hash of the source''s own words for card and grade: the same words read otherwise are a mended
   mapping, known when it was applied, and no correction by the source';
comment on column market.trades.known_at is 'when the sale could first be known';
comment on column market.trades.reported_at is
  'when this version was first reported: of two versions of a sale the later report is believed';

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

create table market.reported_prices (
  report_id bigint not null,
  day date not null,
  card_id text not null,
  grade_code text not null,
  kind text not null check (kind in ('quote', 'bar')),
  source text not null,
  price_cents int not null check (price_cents > 0),
  high_cents int,
  low_cents int,
  units int not null default 0 check (units >= 0),
  known_at timestamptz not null,
  reports timestamptz[] not null check (cardinality(reports) > 0),
  loaded_at timestamptz not null default now(),
  meta jsonb not null default '{}',
  primary key (report_id, day),
  check (kind = 'bar' or units = 0)
) partition by range (day);
create index reported_prices_instrument_day on market.reported_prices (card_id, grade_code, day);
comment on table market.reported_prices is
  'prices a source states itself with no single sale behind: quotes, and its own daily bars;
   append-only: a corrected figure is a row of its own, the latest reported one stands';
comment on column market.reported_prices.reports is
  'every moment at which the source stated this figure, in order: after 100, 120 and 100 again it is
   100 that stands';
comment on column market.reported_prices.report_id is
  'hash of source, kind, instrument, day and the figures themselves';

create table market.outlier_verdicts (
  verdict_id bigint generated always as identity primary key,
  subject text not null check (subject in ('trade', 'report')),
  subject_id bigint not null,
  card_id text not null,
  grade_code text not null,
  event_at timestamptz not null,
  known_at timestamptz not null,
  verdict text not null check (verdict in ('outlier', 'kept', 'confirmed', 'rejected')),
  rule text not null,
  fence_low_cents int,
  fence_high_cents int,
  actor text not null default 'rule'
);
create index outlier_verdicts_instrument
  on market.outlier_verdicts (card_id, grade_code, subject, subject_id, known_at desc, verdict_id desc);
comment on table market.outlier_verdicts is
  'append-only: each change of verdict is a row; no row means kept';
"""

BARS = """
create table market.prices_daily (
  card_id text not null,
  grade_code text not null,
  day date not null,
  kind text not null check (kind in ('trade', 'quote', 'bar')),
  open_cents int not null,
  high_cents int not null,
  low_cents int not null,
  close_cents int not null,
  volume int not null check (volume >= 0),
  known_at timestamptz not null,
  primary key (card_id, grade_code, day, kind),
  check (low_cents <= least(open_cents, close_cents)),
  check (high_cents >= greatest(open_cents, close_cents))
) partition by range (day);
create index prices_daily_latest
  on market.prices_daily (card_id, grade_code, day desc) include (close_cents, volume);
comment on column market.prices_daily.known_at is 'when this version of the bar could first be known';

create table market.prices_daily_history (
  card_id text not null,
  grade_code text not null,
  day date not null,
  kind text not null,
  known_at timestamptz not null,
  superseded_at timestamptz not null,
  open_cents int not null,
  high_cents int not null,
  low_cents int not null,
  close_cents int not null,
  volume int not null,
  reason text not null,
  primary key (card_id, grade_code, day, kind, known_at, superseded_at)
);
comment on table market.prices_daily_history is
  'versions of bars that later knowledge replaced or removed: a function of trades, revisions and
   verdicts with their knowledge times, so a rebuilt day replaces its versions as a whole';
"""

WORK = """
create table market.quarantine (
  quarantine_id bigint primary key,
  source text not null,
  raw_key text not null,
  line int not null,
  reason text not null,
  detail text not null default '',
  raw jsonb not null,
  first_seen_at timestamptz not null default now(),
  resolved_at timestamptz
);
create index quarantine_open on market.quarantine (source, reason) where resolved_at is null;
comment on column market.quarantine.quarantine_id is
  'hash of the source, the raw row and its ordinal among equals: replaying a file adds nothing';

create table market.loads (
  source text not null,
  day date not null,
  job text not null,
  rows_read int not null,
  rows_written int not null,
  rows_quarantined int not null,
  finished_at timestamptz not null default now(),
  primary key (source, day, job)
);

create table market.dirty (
  stage text not null check (stage in ('bars', 'curated', 'signals')),
  card_id text not null,
  grade_code text not null,
  day date not null,
  as_of date not null,
  generation int not null default 1,
  judged int not null default 0,
  marked_at timestamptz not null default now(),
  primary key (stage, card_id, grade_code, day, as_of)
);
comment on table market.dirty is
  'work to do: written by the producer in its own transaction, deleted by the consumer for the
   generation it saw; an Airflow asset event is only the wake-up';
comment on column market.dirty.judged is
  'stage bars: the generation whose outliers were judged; bars are built from judged rows only';
alter table market.dirty enable row level security;
create policy dirty_ingestion on market.dirty to ingestion using (true) with check (true);
create policy dirty_signals on market.dirty to signals_svc
  using (stage = 'signals') with check (stage = 'signals');
"""

PARTITIONS = """
create function market.ensure_month_partitions(parent text, days date[])
returns int language plpgsql security definer
set search_path = pg_catalog, market as $$
declare
  month date;
  part text;
  midnight text := case when parent = 'trades' then ' 00:00:00+00' else '' end;
  made int := 0;
begin
  if parent not in ('trades', 'prices_daily', 'reported_prices') then
    raise exception 'market.% is not partitioned by month', parent;
  end if;
  for month in select distinct date_trunc('month', day)::date from unnest(days) day order by 1 loop
    part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
    if to_regclass('market.' || part) is null then
      begin
        -- Made apart and then attached, which lets readers of the parent go on reading.
        execute format('create table market.%I (like market.%I including defaults including constraints)',
                       part, parent);
        execute format('alter table market.%I attach partition market.%I for values from (%L) to (%L)',
                       parent, part, to_char(month, 'YYYY-MM-DD') || midnight,
                       to_char(month + interval '1 month', 'YYYY-MM-DD') || midnight);
        made := made + 1;
      exception when duplicate_table or unique_violation then
        null; -- another job made it between the look and the create
      end;
    end if;
  end loop;
  return made;
end
$$;
comment on function market.ensure_month_partitions is
  'the months of these days, and no month between them: one misdated row is one partition';
revoke all on function market.ensure_month_partitions(text, date[]) from public;
grant execute on function market.ensure_month_partitions(text, date[]) to ingestion;
"""

GRANTS = """
grant usage on schema market to ingestion, signals_svc, api_gw;
grant select, insert, update, delete on all tables in schema market to ingestion;
revoke update, delete on market.trade_revisions, market.outlier_verdicts from ingestion;
revoke update on market.prices_daily_history from ingestion;
revoke insert, update, delete on market.games, market.grades from ingestion;
grant select on market.games, market.sets, market.cards, market.grades, market.prices_daily,
  market.prices_daily_history, market.trades, market.outlier_verdicts to signals_svc, api_gw;
grant select, insert, update, delete on market.dirty to signals_svc;
grant references on market.cards, market.grades to signals_owner;
grant usage on schema market to signals_owner;
"""

GRADED_COMPANIES = ("psa", "cgc", "bgs", "sgc", "any")


def grade_rows() -> str:
    """The grading scales: half steps 1 to 10 a company, qualifiers, conditions of ungraded cards."""
    rows = [
        "('raw', null, null, null, 'Ungraded, near mint or not stated')",
        "('raw-lightly-played', null, null, null, 'Ungraded, lightly played')",
        "('raw-played', null, null, null, 'Ungraded, moderately played')",
        "('raw-heavily-played', null, null, null, 'Ungraded, heavily played')",
        "('raw-poor', null, null, null, 'Ungraded, poor')",
        "('raw-pooled', null, null, null, 'Ungraded, all conditions pooled by the source')",
    ]
    for company in GRADED_COMPANIES:
        label = "an unnamed company" if company == "any" else company.upper()
        for half in range(2, 21):
            scale = half / 2
            rows.append(
                f"('{company}{scale:g}', '{company}', {scale}, null, 'Graded {scale:g} by {label}')"
            )
    for qualifier, words in (
        ("oc", "off centre"),
        ("mk", "marked"),
        ("st", "stained"),
        ("pd", "print defect"),
        ("of", "out of focus"),
        ("mc", "miscut"),
    ):
        for half in range(2, 20):
            scale = half / 2
            rows.append(
                f"('psa{scale:g}-{qualifier}', 'psa', {scale}, '{qualifier}',"
                f" 'Graded {scale:g} by PSA with qualifier: {words}')"
            )
    for company in ("psa", "cgc", "bgs", "sgc"):
        rows.append(
            f"('{company}-authentic', '{company}', null, 'authentic', 'Authentic, no grade')"
        )
    return "insert into market.grades values " + ", ".join(rows) + ";"


def upgrade() -> None:
    # `pg_trgm` is a trusted extension: the database's owner may create it.
    op.execute("create extension if not exists pg_trgm with schema public")
    op.execute("create extension if not exists unaccent with schema public")
    op.execute("create schema market authorization market_owner")
    op.execute("set local role market_owner")
    for block in (CATALOG, TRADES, BARS, WORK, PARTITIONS, GRANTS):
        op.execute(block)
    op.execute(grade_rows())
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop schema market cascade")
    op.execute("reset role")
