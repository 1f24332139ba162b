"""Counts by table: one that a source used to fill and fills no more is seen.

Revision: 0012, after 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROWS_BY_TABLE = """
alter table market.loads add column rows_by_table jsonb not null default '{}';
comment on column market.loads.rows_by_table is
  'rows that the run had for each table, of jobs that write to tables of prices or facts';
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(ROWS_BY_TABLE)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("alter table market.loads drop column rows_by_table")
    op.execute("reset role")
