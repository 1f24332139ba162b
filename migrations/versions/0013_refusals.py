"""Refusals of sales that are loaded already, and run days to be read again.

- A refused row tells which sale it is of and when its version was reported, so that a sale whose
  newest word is refused can be revoked. `settled` is false until a load has looked at it.
- `market.standing_reports` keeps when a sale of several versions was told as standing, so that a
  cancellation before that does not outlast it, whatever the order of arrival.
- A row of the product map without a card says that the product's titles contradict each other.
- `market.titled_days` tells on which run days a product was known by its titles alone;
  `market.rereads` are the run days to be screened again with what was learned since.

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSALS = """
alter table market.quarantine
  add column trade_id bigint,
  add column reported_at timestamptz,
  add column mapped_as text,
  add column settled boolean not null default true;
comment on column market.quarantine.trade_id is
  'the sale that the row is a version of, where the row tells its number';
comment on column market.quarantine.reported_at is
  'when the refused version was reported last, as in market.trades';
comment on column market.quarantine.mapped_as is
  'the source whose product map the row was checked against; null: its own';
comment on column market.quarantine.settled is
  'whether a load has revoked or reinstated the sale accordingly';
create index quarantine_unsettled on market.quarantine (source) where not settled;
create index quarantine_trade on market.quarantine (trade_id) where trade_id is not null;
"""

STANDING = """
create table market.standing_reports (
  trade_id bigint not null,
  told_at timestamptz not null,
  primary key (trade_id, told_at)
);
comment on table market.standing_reports is
  'moments at which a source told a sale of several versions as standing; append-only';
grant select, insert on market.standing_reports to ingestion;
"""

CONTRADICTIONS = """
alter table market.product_map alter column card_id drop not null;
comment on column market.product_map.card_id is
  'null: the titles of the product name several cards, so that it is none';
"""

REREADS = """
create table market.titled_days (
  mapped_as text not null,
  product text not null,
  source text not null,
  day date not null,
  primary key (mapped_as, product, source, day)
);
comment on table market.titled_days is
  'run days with rows of a product that only its titles map';
grant select, insert on market.titled_days to ingestion;
create table market.rereads (
  source text not null,
  day date not null,
  queued_at timestamptz not null default clock_timestamp(),
  tries int not null default 0,
  failure text not null default '',
  primary key (source, day)
);
comment on table market.rereads is
  'run days whose raw rows wait to be screened again, because something was learned since';
grant select, insert, update, delete on market.rereads to ingestion;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(REFUSALS)
    op.execute(STANDING)
    op.execute(CONTRADICTIONS)
    op.execute(REREADS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop table market.rereads, market.titled_days, market.standing_reports")
    # Without them the product is known by its last card again, as it was before.
    op.execute("delete from market.product_map where card_id is null")
    op.execute("alter table market.product_map alter column card_id set not null")
    op.execute("drop index market.quarantine_trade, market.quarantine_unsettled")
    op.execute("""alter table market.quarantine drop column trade_id, drop column reported_at,
      drop column mapped_as, drop column settled""")
    op.execute("reset role")
