"""Identity: which product is which card, as known at a moment, and where sources disagree.

The product map was edited in place. From here on a row is never changed: whoever learns better
adds a row, and of the rows that hold at the time of a sale the one known last counts.

Revision: 0006, after 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PRODUCT_MAP = """
alter table market.product_map drop constraint product_map_pkey,
  add primary key (source, product, valid_from, known_at),
  add column by_hand boolean not null default false;
comment on table market.product_map is
  'append-only: of the rows of a product that hold at the time of a sale (valid_from, valid_to) the
   one known last counts, of two known at once the one that holds for the shorter time';
comment on column market.product_map.by_hand is
  'a person said so of this very product: what the titles of its sales say does not count against it';
revoke update, delete on market.product_map from ingestion;
"""

QUARANTINE = """
alter table market.quarantine add column product text;
create index quarantine_product on market.quarantine (source, product) where resolved_at is null;
comment on column market.quarantine.product is
  'the source''s own name for what was sold, so that a mended mapping finds the rows it mends';
"""

DIVERGENCES = """
create table market.divergences (
  divergence_id bigint generated always as identity primary key,
  card_id text not null,
  grade_code text not null,
  rule text not null check (rule in ('sources', 'grade_ratio')),
  as_of date not null,
  ratio double precision not null check (ratio > 0),
  fence double precision not null check (fence > 0),
  detail jsonb not null,
  opened_at timestamptz not null default now(),
  closed_as_of date,
  closed_at timestamptz,
  check ((closed_at is null) = (closed_as_of is null)),
  check (closed_at >= opened_at)
);
create unique index divergences_open on market.divergences (card_id, grade_code, rule)
  where closed_at is null;
create index divergences_instrument on market.divergences (card_id, grade_code, opened_at);
comment on table market.divergences is
  'instruments whose price is not believed: two sources, or two grades, say what cannot both be;
   known from opened_at until closed_at, by then judged again and found in order';
comment on column market.divergences.ratio is 'how far apart: of the medians, or of the two grades';
comment on column market.divergences.fence is 'the ratio from which the rule speaks up';
grant select, insert on market.divergences to ingestion;
grant update (closed_as_of, closed_at) on market.divergences to ingestion;
grant select on market.divergences to signals_svc, api_gw;

create function market.divergent_at(at timestamptz)
returns table (card_id text, grade_code text, rule text, ratio double precision, opened_at timestamptz)
language sql stable as $$
  select card_id, grade_code, rule, ratio, opened_at from market.divergences
  where opened_at <= at and (closed_at is null or closed_at > at)
$$;
comment on function market.divergent_at(timestamptz) is
  'instruments flagged at a moment, a row for each rule that speaks up';
revoke all on function market.divergent_at(timestamptz) from public;
grant execute on function market.divergent_at(timestamptz) to ingestion, signals_svc, api_gw;
"""

# Of the versions of one row only the newest can stay.
PRODUCT_MAP_BACK = """
delete from market.product_map p using market.product_map q
where (p.source, p.product, p.valid_from) = (q.source, q.product, q.valid_from)
  and p.known_at < q.known_at;
alter table market.product_map drop constraint product_map_pkey,
  add primary key (source, product, valid_from),
  drop column by_hand;
grant update, delete on market.product_map to ingestion;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    for block in (PRODUCT_MAP, QUARANTINE, DIVERGENCES):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.divergent_at(timestamptz)")
    op.execute("drop table market.divergences")
    op.execute("drop index market.quarantine_product")
    op.execute("alter table market.quarantine drop column product")
    op.execute(PRODUCT_MAP_BACK)
    op.execute("reset role")
