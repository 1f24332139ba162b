"""A model's life: staging, shadow, canary, production, retired; what each said is kept every night.

- `signals.promotions` is the history of every version: a row a change, by whom and why. The newest
  row of a version is its stage, and of several in production the one promoted last speaks.
- `signals.forecasts` holds what a classifier says too: chances instead of quantiles. How many
  nights a version has been heard in the shadow is counted there.
- `baseline` is the family of the contest that says which simple forecast is the best.

Revision: 0018, after 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WIDEN = """
alter table signals.models drop constraint models_family_check;
alter table signals.models add constraint models_family_check
  check (family in ('ewma', 'naive', 'drift', 'baseline', 'classifier', 'tft'));

alter table signals.promotions drop constraint promotions_stage_check;
alter table signals.promotions add constraint promotions_stage_check check
  (stage in ('staging', 'shadow', 'canary', 'production', 'retired', 'rejected'));
alter table signals.promotions add column canary_percent int;
alter table signals.promotions add constraint promotions_canary_check check
  ((stage = 'canary') = (canary_percent is not null) and canary_percent between 1 and 99);
comment on column signals.promotions.stage is
  'staging: registered, silent; shadow: speaks every night and is stored, nobody is told;'
  ' canary: told of some cards; production: told; retired and rejected: never speaks again';
comment on column signals.promotions.canary_percent is
  'of the cards, by the hash of their id; null but in stage canary';

alter table signals.forecasts alter column q10 drop not null, alter column q50 drop not null,
  alter column q90 drop not null;
alter table signals.forecasts add column p_buy double precision,
  add column p_hold double precision, add column p_sell double precision;
alter table signals.forecasts add constraint forecasts_said_check check
  (num_nulls(q10, q50, q90) in (0, 3) and num_nulls(p_buy, p_hold, p_sell) in (0, 3)
   and (q10 is null) = (p_buy is not null));
create index forecasts_model on signals.forecasts (model_version, asof_ts);
comment on table signals.forecasts is
  'append-only: quantiles of the log return over horizon_days, or a classifier''s chances of its'
  ' three labels; the newest known_at counts';
"""

NARROW = """
drop index signals.forecasts_model;
alter table signals.forecasts drop constraint forecasts_said_check;
delete from signals.forecasts where q10 is null;
alter table signals.forecasts drop column p_buy, drop column p_hold, drop column p_sell,
  alter column q10 set not null, alter column q50 set not null, alter column q90 set not null;
comment on table signals.forecasts is
  'append-only: quantiles of the log return over horizon_days; the newest known_at counts';

delete from signals.promotions p using signals.models m
where m.model_version = p.model_version and (m.family = 'baseline'
  or p.stage in ('staging', 'canary', 'retired'));
alter table signals.promotions drop column canary_percent;
alter table signals.promotions drop constraint promotions_stage_check;
alter table signals.promotions add constraint promotions_stage_check
  check (stage in ('shadow', 'production', 'rejected'));
comment on column signals.promotions.stage is
  'shadow: speaks every night and is stored, nobody is told';
delete from signals.models where family in ('naive', 'drift', 'baseline');
alter table signals.models drop constraint models_family_check;
alter table signals.models add constraint models_family_check
  check (family in ('ewma', 'classifier', 'tft'));
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(WIDEN)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(NARROW)
    op.execute("reset role")
