"""What became of signals: scores, and signals of a past that was walked through again.

`replayed` holds what would have been said on past decision days: nobody heard it, and no reader of
`signals.signals` can mistake it for what was said. Its ids are of the same sequence, so that a
score names one signal. `claims` is what a score is of, wherever it was said.

Revision: 0023, after 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

REPLAYED = """
create table signals.replayed (
  signal_id bigint not null default nextval('signals.signals_signal_id_seq'),
  card_id text not null,
  grade_code text not null,
  horizon_days int not null check (horizon_days > 0),
  asof_ts timestamptz not null,
  model_version text not null references signals.models,
  feature_version text not null,
  action text not null check (action in ('BUY', 'HOLD', 'SELL')),
  conviction double precision not null check (conviction >= 0 and conviction <= 1),
  expected_return double precision not null,
  utility double precision not null,
  price_cents int not null,
  series text not null check (series in ('trade', 'bar', 'quote')),
  sold_90 int not null,
  written_at timestamptz not null default now(),
  primary key (asof_ts, horizon_days, card_id, grade_code)
);
comment on table signals.replayed is
  'append-only: what would have been said at asof_ts, from what was known then and by models that had
   learned nothing later; nobody heard it; instruments too thin to act upon are left out';
grant select, insert on signals.replayed to signals_svc;
grant select on signals.replayed to api_gw;
grant usage on sequence signals.signals_signal_id_seq to signals_svc;
"""

SCORES = """
create table signals.scores (
  signal_id bigint not null,
  after_days int not null check (after_days > 0),
  known_at timestamptz not null,
  outcome text not null check (outcome in
    ('scored', 'no_entry', 'no_exit', 'too_late', 'quotes', 'abstained')),
  entry_day date,
  entry_cents int,
  exit_day date,
  exit_cents int,
  net_return double precision,
  came_true boolean,
  written_at timestamptz not null default now(),
  check ((outcome = 'scored') = (came_true is not null and entry_cents is not null
    and exit_cents is not null and entry_day < exit_day)),
  primary key (signal_id, after_days, known_at)
);
comment on table signals.scores is
  'append-only: what came of a signal after after_days, bought at the next sale; of several versions
   the newest known_at counts';
comment on column signals.scores.net_return is
  'of who followed a BUY or SELL, both fees paid, a fraction; null for HOLD: nothing was traded';
comment on column signals.scores.came_true is
  'whether the return between the two sales was the one its action stands for, costs considered';
grant select, insert on signals.scores to signals_svc;
grant select on signals.scores to api_gw;
"""

# A word written more than a day after it could first be known was filled in: nobody heard it.
CLAIMS = """
create view signals.claims as
  select signal_id, card_id, grade_code, horizon_days, asof_ts, known_at, model_version, action,
    conviction::double precision as conviction,
    expected_return::double precision as expected_return, series,
    coalesce((features ->> 'trades_90')::double precision, 0)::int as sold_90,
    coalesce(reasons -> 0 ->> 'code' in ('illiquid', 'divergence', 'no_prices'), false) as abstains,
    written_at - known_at > interval '1 day' as replayed
  from signals.signals
  union all
  select signal_id, card_id, grade_code, horizon_days, asof_ts, asof_ts, model_version, action,
    conviction, expected_return, series, sold_90, false, true
  from signals.replayed;
comment on view signals.claims is
  'every signal that is scored; replayed: nobody heard it when its night was';
grant select on signals.claims to signals_svc, api_gw;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    for block in (REPLAYED, SCORES, CLAIMS):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop view signals.claims")
    op.execute("drop table signals.scores")
    op.execute("drop table signals.replayed")
    op.execute("revoke usage on sequence signals.signals_signal_id_seq from signals_svc")
    op.execute("reset role")
