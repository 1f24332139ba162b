"""Bars by day: what moved on the newest day is asked across instruments.

Revision: 0004, after 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("create index prices_daily_day on market.prices_daily (day)")
    op.execute("create index prices_daily_history_day on market.prices_daily_history (day)")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop index market.prices_daily_day")
    op.execute("drop index market.prices_daily_history_day")
    op.execute("reset role")
