"""Sequence forecasters are registered beside classifiers, and speak in the shadow at first.

Revision: 0017, after 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WIDEN = """
alter table signals.models drop constraint models_family_check;
alter table signals.models add constraint models_family_check
  check (family in ('ewma', 'classifier', 'tft'));
alter table signals.promotions drop constraint promotions_stage_check;
alter table signals.promotions add constraint promotions_stage_check
  check (stage in ('shadow', 'production', 'rejected'));
comment on column signals.promotions.stage is
  'shadow: speaks every night and is stored, nobody is told';
"""

NARROW = """
delete from signals.forecasts f using signals.models m
where m.model_version = f.model_version and m.family = 'tft';
delete from signals.promotions where family = 'tft';
delete from signals.models where family = 'tft';
alter table signals.promotions drop constraint promotions_stage_check;
alter table signals.promotions add constraint promotions_stage_check
  check (stage in ('production', 'rejected'));
alter table signals.models drop constraint models_family_check;
alter table signals.models add constraint models_family_check
  check (family in ('ewma', 'classifier'));
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(WIDEN)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    op.execute(NARROW)
    op.execute("reset role")
