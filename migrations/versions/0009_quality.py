"""What was known when, of signals too, and what can be said of the quality of the data.

`signals_known` and `features_known` say of schema `signals` what `bars_known` says of prices: what
stood at a moment. The first features of a night are known at its end, as its first signals are.

Single sales and refused rows are nobody's to see through the API: it is given counts of them.

Revision: 0009, after 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Each is one plain select, so that the reader's conditions still choose indexes and partitions.
SIGNALS_KNOWN = """
create function signals.signals_known(at timestamptz) returns setof signals.signals
language sql stable as $$
  select * from signals.signals where asof_ts <= at and known_at <= at
$$;
comment on function signals.signals_known(timestamptz) is
  'every word said by a moment; of one night and horizon the latest known_at, then signal_id, counts';
revoke all on function signals.signals_known(timestamptz) from public;
grant execute on function signals.signals_known(timestamptz) to signals_svc, api_gw;

create function signals.features_known(at timestamptz)
returns table (card_id text, grade_code text, day date, feature_version text, series text, raw jsonb,
  recency_days int, bars_365 int, close_cents int, fingerprint text, computed_at timestamptz,
  known_at timestamptz)
language sql stable as $$
  select card_id, grade_code, day, feature_version, series, raw, recency_days, bars_365,
    close_cents, fingerprint, computed_at, known_at
  from signals.features_daily f
  cross join lateral (select case
    when exists (select from signals.features_daily e
      where (e.card_id, e.grade_code, e.day, e.feature_version)
          = (f.card_id, f.grade_code, f.day, f.feature_version) and e.computed_at < f.computed_at)
    then greatest(f.computed_at, (f.day + 1)::timestamp at time zone 'UTC')
    else (f.day + 1)::timestamp at time zone 'UTC' end as known_at) k
  where known_at <= at
$$;
comment on function signals.features_known(timestamptz) is
  'every row of features_daily known by a moment: the first of a night at its end, others when they
   were computed; of one night the latest computed_at counts';
revoke all on function signals.features_known(timestamptz) from public;
grant execute on function signals.features_known(timestamptz) to signals_svc, api_gw;
grant select on signals.features_daily to api_gw;
"""

REVISIONS = """
create index trade_revisions_before
  on market.trade_revisions ((before ->> 'card_id'), (before ->> 'grade_code'));
create index trade_revisions_after
  on market.trade_revisions ((after ->> 'card_id'), (after ->> 'grade_code'));
grant select on market.trade_revisions, market.reported_prices, market.loads to api_gw;
"""

# Runs as the owner: it gives away counts of rows that its callers may not read.
REJECTS = """
create function market.rejects_known(at timestamptz)
returns table (source text, reason text, waiting bigint, resolved bigint, last_seen_at timestamptz)
language sql stable security definer set search_path = pg_catalog, market as $$
  select source, reason, count(*) filter (where resolved_at is null or resolved_at > at),
    count(*) filter (where resolved_at <= at), max(first_seen_at)
  from market.quarantine where first_seen_at <= at group by source, reason
$$;
comment on function market.rejects_known(timestamptz) is
  'refused rows counted as they were at a moment; the rows themselves stay with ingestion';
revoke all on function market.rejects_known(timestamptz) from public;
grant execute on function market.rejects_known(timestamptz) to ingestion, api_gw;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(REVISIONS)
    op.execute(REJECTS)
    op.execute("reset role")
    op.execute("set local role signals_owner")
    op.execute(SIGNALS_KNOWN)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("revoke select on signals.features_daily from api_gw")
    op.execute("drop function signals.features_known(timestamptz)")
    op.execute("drop function signals.signals_known(timestamptz)")
    op.execute("reset role")
    op.execute("set local role market_owner")
    op.execute("drop function market.rejects_known(timestamptz)")
    op.execute(
        "revoke select on market.trade_revisions, market.reported_prices, market.loads from api_gw"
    )
    op.execute("drop index market.trade_revisions_after")
    op.execute("drop index market.trade_revisions_before")
    op.execute("reset role")
