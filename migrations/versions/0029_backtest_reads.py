"""The backtests' own login may read bars and catalog, and nothing else.

Revision: 0029, after 0028
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

READABLE = "market.sets, market.cards, market.prices_daily, market.prices_daily_history"


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("grant usage on schema market to backtest_svc")
    op.execute(f"grant select on {READABLE} to backtest_svc")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(f"revoke select on {READABLE} from backtest_svc")
    op.execute("revoke usage on schema market from backtest_svc")
    op.execute("reset role")
