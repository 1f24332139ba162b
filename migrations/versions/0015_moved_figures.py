"""A reported figure that turns out to be of another card leaves a revision, as a sale does.

Revision: 0015, after 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

REVISIONS = """
create table market.report_revisions (
  revision_id bigint generated always as identity primary key,
  report_id bigint not null,
  day date not null,
  card_id text not null,
  grade_code text not null,
  since timestamptz not null,
  known_at timestamptz not null check (known_at > since),
  reason text not null,
  actor text not null,
  unique (report_id, day, known_at)
);
create index report_revisions_instrument on market.report_revisions (card_id, grade_code, day);
comment on table market.report_revisions is
  'append-only: that a reported figure was taken for one of this card and grade from `since` until
   `known_at`; reported_prices holds the latest belief, known from then on';
grant select, insert on market.report_revisions to ingestion;
grant select on market.report_revisions to signals_svc, api_gw;
comment on column market.reported_prices.report_id is
  'hash of source, kind, the source''s words for card and grade, day and the figures themselves';
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(REVISIONS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop table market.report_revisions")
    op.execute(
        "comment on column market.reported_prices.report_id is"
        " 'hash of source, kind, instrument, day and the figures themselves'"
    )
    op.execute("reset role")
