"""New months of sales are filled before they join the table: a bare table takes rows at twice the
speed, and joins with all its indexes in the transaction that filled it, or not at all.

Revision: 0010, after 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BEGIN_MONTH = """
create function market.begin_trades_month(day date) returns text
language plpgsql security definer set search_path = pg_catalog, market as $$
declare
  part text := format('trades_%s', to_char(day, 'YYYY_MM'));
begin
  if to_regclass('market.' || part) is not null then
    return null;
  end if;
  execute format('create table market.%I (like market.trades including defaults including constraints)',
                 part);
  execute format('grant insert on market.%I to ingestion', part);
  return part;
exception when duplicate_table or unique_violation then
  return null; -- another job made it between the look and the create
end
$$;
comment on function market.begin_trades_month is
  'a table for the month of the day, without indexes and not yet of market.trades; null when the
   month is there already. finish_trades_month must follow in the same transaction';
revoke all on function market.begin_trades_month(date) from public;
grant execute on function market.begin_trades_month(date) to ingestion;
"""

# Attaching checks every row's month and builds the indexes of the parent; readers go on meanwhile.
FINISH_MONTH = """
create function market.finish_trades_month(day date) returns void
language plpgsql security definer set search_path = pg_catalog, market as $$
declare
  month date := date_trunc('month', day)::date;
  part text := format('trades_%s', to_char(day, 'YYYY_MM'));
begin
  execute format('revoke insert on market.%I from ingestion', part);
  execute format('alter table market.trades attach partition market.%I for values from (%L) to (%L)',
                 part, to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                 to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
end
$$;
comment on function market.finish_trades_month is
  'makes the table that begin_trades_month gave a month of market.trades';
revoke all on function market.finish_trades_month(date) from public;
grant execute on function market.finish_trades_month(date) to ingestion;
"""


# A load that fills a month marks it for each instrument once, not day by day.
THROUGH = """
alter table market.dirty add column through date,
  add constraint dirty_through check (through > day
    and date_trunc('month', through::timestamp) = date_trunc('month', day::timestamp));
comment on column market.dirty.through is
  'the last day of the work, within the month of `day`; null: just the day'
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(THROUGH)
    op.execute(BEGIN_MONTH)
    op.execute(FINISH_MONTH)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.finish_trades_month(date)")
    op.execute("drop function market.begin_trades_month(date)")
    op.execute("alter table market.dirty drop column through")
    op.execute("reset role")
