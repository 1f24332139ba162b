"""How far each instrument's sales were judged, so that a night reads what can matter and no more.

Revision: 0016, after 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHECKPOINTS = """
create table market.judged_series (
  card_id text not null,
  grade_code text not null,
  rules int not null,
  since timestamptz not null,
  cut timestamptz not null,
  learned_at timestamptz not null check (learned_at > '-infinity'),
  sales bigint not null,
  cents bigint not null,
  level bigint,
  flagged jsonb not null,
  primary key (card_id, grade_code),
  check (since < cut)
);
comment on table market.judged_series is
  'how the sales before `cut` stood when they were last judged; a missing row has all judged anew';
comment on column market.judged_series.learned_at is
  'when the last thing was learned of a sale before the cut';
comment on column market.judged_series.level is 'the sale that began the newest level';
comment on column market.judged_series.flagged is
  'sales from `since` to `cut` that broke a rule: key, rule, fence as logarithms, whether re-admitted';
grant select, insert, update, delete on market.judged_series to ingestion;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(CHECKPOINTS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop table market.judged_series")
    op.execute("reset role")
