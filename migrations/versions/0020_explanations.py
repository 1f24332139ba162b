"""Explanations of signals, told by the run that says them.

Revision: 0020, after 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

EXPLANATIONS = """
create table signals.explanations (
  card_id text not null,
  grade_code text not null,
  horizon_days int not null check (horizon_days > 0),
  asof_ts timestamptz not null,
  model_version text not null,
  body jsonb not null,
  fingerprint text not null,
  known_at timestamptz not null,
  check (known_at >= asof_ts),
  primary key (card_id, grade_code, horizon_days, asof_ts, known_at)
);
comment on table signals.explanations is
  'append-only: what moved a forecast and a classifier, what a network looked at, which cards once'
  ' looked alike; the newest known_at counts';
comment on column signals.explanations.fingerprint is 'hash of body: same inputs, same bytes';
grant select, insert on signals.explanations to signals_svc;
grant select on signals.explanations to api_gw;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(EXPLANATIONS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop table signals.explanations")
    op.execute("reset role")
