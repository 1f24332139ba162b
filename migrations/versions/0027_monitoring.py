"""How models fare: what they learned from, figures of each night, alerts, and how long a night took.

`models.seen` is the distribution of what a version learned from, which later nights are held
against. Figures are appended by whole runs; the newest run of the newest night is what holds now.

Revision: 0027, after 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SEEN = """
alter table signals.models add column seen jsonb not null default '{}';
comment on column signals.models.seen is
  'of each input the deciles, shares and share of missing values among the rows it learned from';
"""

MEASURES = """
create table signals.measures (
  as_of date not null,
  measure text not null,
  subject text not null,
  model_version text not null,
  value double precision,
  least double precision,
  most double precision,
  pauses boolean not null,
  rows int not null,
  words text not null,
  measured_at timestamptz not null,
  primary key (as_of, measured_at, measure, subject, model_version)
);
comment on table signals.measures is
  'append-only: figures of a night by whole runs; the newest measured_at of the newest as_of holds';
comment on column signals.measures.model_version is 'whose figure it is; empty: everybody''s';
comment on column signals.measures.pauses is
  'whether it raises an alert and pauses promotions when it is out of its bounds';
grant select, insert on signals.measures to signals_svc;
grant select on signals.measures to api_gw;
"""

ALERTS = """
create table signals.alerts (
  as_of date not null,
  measure text not null,
  subject text not null,
  model_version text not null,
  value double precision not null,
  words text not null,
  raised_at timestamptz not null,
  published_at timestamptz,
  primary key (as_of, measure, subject, model_version)
);
comment on table signals.alerts is
  'outbox: figures that left their bounds, one alert a night each; the bus hears of it once';
grant select, insert, update (published_at) on signals.alerts to signals_svc;
grant select on signals.alerts to api_gw;
"""

INFERENCES = """
create table signals.inferences (
  inference_id bigint generated always as identity primary key,
  as_of date not null,
  instruments int not null check (instruments > 0),
  seconds double precision not null check (seconds >= 0),
  finished_at timestamptz not null
);
create index on signals.inferences (as_of, finished_at desc);
comment on table signals.inferences is
  'append-only: how long each run of inference took, from the queue to committed rows';
grant select, insert on signals.inferences to signals_svc;
"""


def upgrade() -> None:
    op.execute("set local role signals_owner")
    for block in (SEEN, MEASURES, ALERTS, INFERENCES):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role signals_owner")
    for table in ("inferences", "alerts", "measures"):
        op.execute(f"drop table signals.{table}")
    op.execute("alter table signals.models drop column seen")
    op.execute("reset role")
