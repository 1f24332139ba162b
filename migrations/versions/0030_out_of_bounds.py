"""Whether a figure is out of its bounds is told by its row, so that no reader says it anew.

Revision: 0030, after 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ADD = """
alter table signals.measures add column is_out boolean not null generated always as
  (coalesce(value < least, false) or coalesce(value > most, false)) stored;
comment on column signals.measures.is_out is
  'known and out of its bounds; without a value nothing is';
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(ADD)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("alter table signals.measures drop column is_out")
    op.execute("reset role")
