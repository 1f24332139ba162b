"""Scores are counted for the planner by the job that writes them.

A replay adds a hundred thousand rows at once. Until the server counts them by itself, a minute
later, readers join tables that are taken for empty row by row, for a minute as well.

Revision: 0025, after 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# Only its owner may analyze a table.
COUNT = """
create function signals.count_scores() returns void language plpgsql security definer
set search_path = pg_catalog, signals, pg_temp as $$
begin
  analyze signals.scores;
  analyze signals.replayed;
end
$$;
comment on function signals.count_scores() is
  'statistics of what was just written, for whoever reads the track record next';
revoke all on function signals.count_scores() from public;
grant execute on function signals.count_scores() to signals_svc;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(COUNT)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop function signals.count_scores()")
    op.execute("reset role")
