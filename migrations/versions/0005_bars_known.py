"""Bars known at a moment, said once: readers filter and sort what this function returns.

Revision: 0005, after 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# One plain select, stable, neither strict nor security definer: PostgreSQL puts it into the query
# that calls it, so the reader's conditions still choose indexes and partitions.
BARS_KNOWN = """
create function market.bars_known(at timestamptz)
returns table (card_id text, grade_code text, kind text, day date, open_cents int, high_cents int,
  low_cents int, close_cents int, volume int, known_at timestamptz)
language sql stable as $$
  select card_id, grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume,
    known_at
  from market.prices_daily where known_at <= at
  union all
  select card_id, grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume,
    known_at
  from market.prices_daily_history where known_at <= at and superseded_at > at
$$;
comment on function market.bars_known(timestamptz) is
  'the version of each bar that stood at a moment: the current one if it was known by then, else
   the one that later knowledge replaced';
revoke all on function market.bars_known(timestamptz) from public;
grant execute on function market.bars_known(timestamptz) to ingestion, signals_svc, api_gw;
"""

# The newest bar of each table is read off its index; of the union above all rows would be read.
NEWEST_DAY_KNOWN = """
create function market.newest_day_known(at timestamptz) returns date language sql stable as $$
  select greatest(
    (select day from market.prices_daily where known_at <= at order by day desc limit 1),
    (select day from market.prices_daily_history
     where known_at <= at and superseded_at > at order by day desc limit 1))
$$;
comment on function market.newest_day_known(timestamptz) is
  'the newest day that any instrument had a bar of, as known at a moment; null for none';
revoke all on function market.newest_day_known(timestamptz) from public;
grant execute on function market.newest_day_known(timestamptz) to ingestion, signals_svc, api_gw;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(BARS_KNOWN)
    op.execute(NEWEST_DAY_KNOWN)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.newest_day_known(timestamptz)")
    op.execute("drop function market.bars_known(timestamptz)")
    op.execute("reset role")
