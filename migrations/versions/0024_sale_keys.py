"""Which months may hold a sale, so that a load does not ask every one of them for each.

`market.sale_keys` speaks of every sale in the months it has a `whole` row of: the row is a filter
of those that were there, other rows list those that came since. It may speak of more. Months
without a whole row may hold anything.

Revision: 0024, after 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEYS = """
create table market.sale_keys (
  keys_id bigint generated always as identity primary key,
  month date not null,
  whole boolean not null,
  sales int not null check (sales >= 0),
  body bytea not null,
  added_at timestamptz not null default now()
);
alter table market.sale_keys alter column body set storage external; -- it cannot be compressed
create unique index sale_keys_whole on market.sale_keys (month) where whole;
comment on table market.sale_keys is
  'which sales the months of market.trades may hold: who adds sales notes them here, or takes the
   rows of their month out';
comment on column market.sale_keys.whole is
  'true: a filter of all that were in the month; false: the ids of some that came since, 8 bytes each';
grant select, insert, delete on market.sale_keys to ingestion;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(KEYS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop table market.sale_keys")
    op.execute("reset role")
