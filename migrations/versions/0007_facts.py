"""Facts: what is known beside prices, how far each source was read, and other markets' grades.

Every fact is append-only: a figure told anew is a row with its own knowledge time, and what was
believed at a moment is the newest row known by then.

Revision: 0007, after 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CURSORS = """
create table market.source_cursors (
  source text not null,
  stream text not null default '',
  position text not null,
  moved_at timestamptz not null default clock_timestamp(),
  primary key (source, stream)
);
comment on table market.source_cursors is
  'how far a source was read, written in one transaction with the ledger of the raw parts';
comment on column market.source_cursors.position is
  'as the source counts: a UTC day for sales, the newest updatedAt for the catalog';
"""

FACTS = """
create table market.population (
  card_id text not null references market.cards,
  grade_code text not null references market.grades,
  day date not null,
  source text not null,
  population int not null check (population >= 0),
  known_at timestamptz not null,
  primary key (card_id, grade_code, source, day, known_at)
);
comment on table market.population is
  'copies of a card that a company has given a grade so far, as counted on a day; append-only';

create table market.search_trends (
  card_id text not null references market.cards,
  day date not null,
  source text not null,
  term text not null,
  interest smallint not null check (interest between 0 and 100),
  window_first date not null,
  window_last date not null,
  known_at timestamptz not null,
  primary key (card_id, source, window_last, day, known_at),
  check (day between window_first and window_last)
);
comment on column market.search_trends.interest is
  '100 is the busiest day of its own window: figures of two windows cannot be compared';

create table market.sentiment_daily (
  card_id text not null references market.cards,
  day date not null,
  source text not null,
  posts int not null check (posts > 0),
  positive int not null check (positive >= 0),
  negative int not null check (negative >= 0),
  score double precision not null check (score between -1 and 1),
  words jsonb not null,
  known_at timestamptz not null,
  primary key (card_id, day, source, known_at),
  check (positive + negative <= posts)
);
comment on column market.sentiment_daily.score is 'mean of the posts'' scores, -1 to 1';
comment on column market.sentiment_daily.words is
  'what made the score: each word of the lexicon as it was read, and the sum it gave';
"""

GRANTS = """
grant select, insert, update, delete on market.source_cursors to ingestion;
grant select, insert on market.population, market.search_trends, market.sentiment_daily
  to ingestion;
grant select on market.population, market.search_trends, market.sentiment_daily
  to signals_svc, api_gw;
grant insert on market.games to ingestion;
"""

GAMES = """
insert into market.games values ('sneakers', 'Sneakers'), ('counter-strike', 'Counter-Strike');
"""

WEARS = ("Factory New", "Minimal Wear", "Field-Tested", "Well-Worn", "Battle-Scarred")
SIZES = [half / 2 for half in range(2, 41)]  # US men's, 1 to 20


def grade_rows() -> str:
    """What stands in the place of a grade elsewhere: shoe sizes and the wear of a skin."""
    rows = [f"('us{size:g}', null, null, null, 'Shoe size US {size:g}')" for size in SIZES]
    for wear in WEARS:
        code = wear.lower().replace(" ", "-")
        rows.append(f"('{code}', null, null, null, 'Wear of a skin: {wear}')")
    return "insert into market.grades values " + ", ".join(rows) + ";"


def upgrade() -> None:
    op.execute("set local role market_owner")
    for block in (CURSORS, FACTS, GRANTS, GAMES):
        op.execute(block)
    op.execute(grade_rows())
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("revoke insert on market.games from ingestion")
    for table in ("sentiment_daily", "search_trends", "population", "source_cursors"):
        op.execute(f"drop table market.{table}")
    codes = ", ".join(f"'{wear.lower().replace(' ', '-')}'" for wear in WEARS)
    op.execute(
        f"delete from market.grades where grade_code in ({codes}) or grade_code ~ '^us[0-9.]+$'"
    )
    op.execute("delete from market.games where game in ('sneakers', 'counter-strike')")
    op.execute("reset role")
