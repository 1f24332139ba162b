"""market.settled_before() goes: every verdict is judged on the whole past, archived or not.

Nothing has called it since 0014.

Revision: 0019, after 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BEFORE = """
create function market.settled_before() returns date language sql stable security definer
set search_path = pg_catalog, market, pg_temp as $$
  select (max(month) + interval '1 month' + interval '365 days')::date
  from market.archived_months where restored_at is null
$$;
comment on function market.settled_before is 'unused: every verdict is judged on the whole past';
revoke all on function market.settled_before() from public;
grant execute on function market.settled_before() to ingestion;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.settled_before()")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(BEFORE)
    op.execute("reset role")
