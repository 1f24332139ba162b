"""Receipts of signals: what each was made of, hashed when it was said.

`receipt_contents` says what a receipt holds, for who writes it and for whoever checks it. A row of
`receipts` refers to its signal, so that a signal that has one cannot be removed alone.

Revision: 0022, after 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

RECEIPTS = """
create table signals.receipts (
  signal_id bigint primary key references signals.signals,
  said text not null,
  inputs text not null,
  snapshot text not null,
  models text not null,
  hash text not null
);
comment on table signals.receipts is
  'append-only: a hash of each part of what signals.receipt_contents tells, taken when it was said,
   and one hash over them; signals said before this table have none';
grant select, insert on signals.receipts to signals_svc;
grant select on signals.receipts to api_gw;
"""

# The zone is fixed, so that times are the same text in every session. The first row of a snapshot
# with the named fingerprint is the one that was frozen.
CONTENTS = """
create function signals.receipt_contents(ids bigint[])
returns table (signal_id bigint, said jsonb, inputs jsonb, snapshot jsonb, models jsonb)
language sql stable set timezone = 'UTC' as $$
  select s.signal_id,
    to_jsonb(s) - 'signal_id' - 'features' - 'written_at',
    s.features,
    (select jsonb_build_object('day', f.day, 'series', f.series, 'raw', f.raw,
        'normalized', f.normalized, 'recency_days', f.recency_days, 'bars_365', f.bars_365,
        'close_cents', f.close_cents, 'fingerprint', f.fingerprint)
      from signals.features_daily f
      where (f.card_id, f.grade_code, f.feature_version)
          = (s.card_id, s.grade_code, s.feature_version)
        and f.day = (s.asof_ts at time zone 'UTC')::date - 1
        and f.fingerprint = s.features ->> 'snapshot'
      order by f.computed_at limit 1),
    (select coalesce(jsonb_object_agg(m.model_version, jsonb_build_object('family', m.family,
        'trained_through', m.trained_through, 'feature_version', m.feature_version,
        'artifact_key', m.artifact_key, 'sha256', m.sha256)), '{}')
      from signals.models m
      where m.model_version = any (string_to_array(s.model_version, '+')))
  from signals.signals s where s.signal_id = any (ids)
$$;
comment on function signals.receipt_contents(bigint[]) is
  'what the receipts of these signals are of: the words, their inputs, the frozen features, the
   models; kernel/receipts.py hashes them';
revoke all on function signals.receipt_contents(bigint[]) from public;
grant execute on function signals.receipt_contents(bigint[]) to signals_svc, api_gw;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(RECEIPTS)
    op.execute(CONTENTS)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute("drop function signals.receipt_contents(bigint[])")
    op.execute("drop table signals.receipts")
    op.execute("reset role")
