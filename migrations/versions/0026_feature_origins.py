"""Lets `signals_svc` read the single prices behind a bar, to say what a feature was made of.

Revision: 0026, after 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = (
    "market.trades_archived, market.trade_versions, market.reported_prices,"
    " market.reported_prices_archived"
)


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(f"grant select on {TABLES} to signals_svc")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(f"revoke select on {TABLES} from signals_svc")
    op.execute("reset role")
