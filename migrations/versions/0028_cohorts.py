"""Explanations of groups of cards: of a set and a tier of liquidity, by night and model.

Revision: 0028, after 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COHORTS = """
create table signals.cohort_explanations (
  set_id text not null,
  tier text not null,
  horizon_days int not null check (horizon_days > 0),
  asof_ts timestamptz not null,
  part text not null check (part in ('forecast', 'classifier')),
  model_version text not null references signals.models,
  instruments int not null check (instruments > 0),
  body jsonb not null,
  fingerprint text not null,
  known_at timestamptz not null,
  check (known_at >= asof_ts),
  primary key (set_id, horizon_days, asof_ts, tier, part, known_at)
);
comment on table signals.cohort_explanations is
  'append-only: what moved the forecasts of a set''s cards of one tier of liquidity on a night, on
   average; the newest known_at counts';
grant select, insert on signals.cohort_explanations to signals_svc;
grant select on signals.cohort_explanations to api_gw;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(COHORTS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop table signals.cohort_explanations")
    op.execute("reset role")
