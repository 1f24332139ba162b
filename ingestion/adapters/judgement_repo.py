"""SQL of outlier verdicts and of daily bars with their past versions."""

from dataclasses import dataclass

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.domain.checkpoints import CHECKPOINTS, RULES_ARE
from ingestion.domain.versions import BAR_KEY, BAR_VERSIONS, VERDICTS
from kernel.db.staging import stage_frame

# In the order of knowledge: of two at one moment the later row counts.
BY_RULE = """
select v.subject, v.subject_id, v.card_id, v.grade_code, v.event_at, v.known_at, v.verdict, v.rule,
  v.fence_low_cents, v.fence_high_cents
from market.outlier_verdicts v join wanted using (card_id, grade_code)
where v.actor = 'rule'
order by v.subject, v.subject_id, v.known_at, v.verdict_id
"""
# All of the figures; of the sales those that were spoken of from the moment on, and those named.
BY_RULE_SINCE = """
select v.subject, v.subject_id, v.card_id, v.grade_code, v.event_at, v.known_at, v.verdict, v.rule,
  v.fence_low_cents, v.fence_high_cents
from market.outlier_verdicts v join wanted w using (card_id, grade_code)
where v.actor = 'rule' and (v.subject = 'report'
  or v.subject_id in (select subject_id from named)
  or exists (select from market.outlier_verdicts o
    where (o.card_id, o.grade_code, o.subject, o.subject_id)
        = (v.card_id, v.grade_code, v.subject, v.subject_id)
      and o.actor = 'rule' and o.known_at >= w.moment))
order by v.subject, v.subject_id, v.known_at, v.verdict_id
"""
CHECKPOINTS_OF = """
select card_id, grade_code, since, cut, learned_at, sales, cents, level, flagged::text as flagged
from market.judged_series join wanted using (card_id, grade_code)
where rules = (select rules from current_rules)
"""
LET_GO = """
delete from market.judged_series j using wanted w
where (j.card_id, j.grade_code) = (w.card_id, w.grade_code)
"""
KEEP = """
insert into market.judged_series (card_id, grade_code, rules, since, cut, learned_at, sales, cents,
  level, flagged)
select card_id, grade_code, %(rules)s, since, cut, learned_at, sales, cents, level, flagged::jsonb
from made order by card_id, grade_code
"""
# Once a person has said `confirmed` (the price is real) or `rejected`, the rule has no say.
STANDING = """
select v.* from (
  select o.*, bool_or(o.actor <> 'rule') over earlier as settled
  from market.outlier_verdicts o join wanted using (card_id, grade_code)
  window earlier as (partition by o.subject, o.subject_id, o.card_id, o.grade_code
    order by o.known_at, o.verdict_id rows between unbounded preceding and 1 preceding)
) v where v.actor <> 'rule' or v.settled is not true
order by v.subject, v.subject_id, v.known_at, v.verdict_id
"""
APPEND = """
insert into market.outlier_verdicts (subject, subject_id, card_id, grade_code, event_at, known_at,
  verdict, rule, fence_low_cents, fence_high_cents)
select subject, subject_id, card_id, grade_code, event_at, known_at, verdict, rule,
  fence_low_cents, fence_high_cents
from staged_verdicts order by known_at, event_at, subject_id
"""

BARS_OF_DAYS = """
select card_id, grade_code, day, kind, known_at, null::timestamptz as superseded_at, open_cents,
  high_cents, low_cents, close_cents, volume
from market.prices_daily join wanted_days using (card_id, grade_code, day)
where day between (select min(day) from wanted_days) and (select max(day) from wanted_days)
union all
select card_id, grade_code, day, kind, known_at, superseded_at, open_cents, high_cents, low_cents,
  close_cents, volume
from market.prices_daily_history join wanted_days using (card_id, grade_code, day)
"""

REPLACE = [
    """
delete from market.prices_daily p using gone g
where g.superseded_at is null
  and (p.card_id, p.grade_code, p.day, p.kind) = (g.card_id, g.grade_code, g.day, g.kind)
""",
    """
delete from market.prices_daily_history h using gone g
where (h.card_id, h.grade_code, h.day, h.kind, h.known_at, h.superseded_at)
  = (g.card_id, g.grade_code, g.day, g.kind, g.known_at, g.superseded_at)
""",
    """
insert into market.prices_daily (card_id, grade_code, day, kind, open_cents, high_cents, low_cents,
  close_cents, volume, known_at)
select card_id, grade_code, day, kind, open_cents, high_cents, low_cents, close_cents, volume,
  known_at
from come where superseded_at is null order by day, card_id, grade_code
""",
    """
insert into market.prices_daily_history (card_id, grade_code, day, kind, known_at, superseded_at,
  open_cents, high_cents, low_cents, close_cents, volume, reason)
select card_id, grade_code, day, kind, known_at, superseded_at, open_cents, high_cents, low_cents,
  close_cents, volume, 'later knowledge'
from come where superseded_at is not null order by day, card_id, grade_code
""",
]


@dataclass(frozen=True)
class VerdictRepo:
    """market.outlier_verdicts of one transaction."""

    connection: psycopg.Connection

    def by_rule(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What the rule has said of the instruments' prices, as VERDICTS."""
        return self._read(BY_RULE, instruments)

    def standing(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What counts: the rule's verdicts until a person's, as VERDICTS."""
        return self._read(STANDING, instruments)

    def _read(self, query: str, instruments: pl.DataFrame) -> pl.DataFrame:
        stage_frame(self.connection, "wanted", instruments.select("card_id", "grade_code").unique())
        return read_frame(self.connection, query, VERDICTS)

    def by_rule_since(self, moments: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
        """Of instruments with a `moment`: what the rule has said of figures, of sales that it spoke
        of from then on, and of those named by `subject_id`; as VERDICTS."""
        if moments.is_empty():
            return pl.DataFrame(schema=VERDICTS)
        stage_frame(self.connection, "wanted", moments.select("card_id", "grade_code", "moment"))
        stage_frame(self.connection, "named", named.select("subject_id").unique())
        return read_frame(self.connection, BY_RULE_SINCE, VERDICTS)

    def checkpoints(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """Those of the rules as they are now, as CHECKPOINTS."""
        stage_frame(self.connection, "wanted", instruments.select("card_id", "grade_code").unique())
        stage_frame(self.connection, "current_rules", pl.DataFrame({"rules": [RULES_ARE]}))
        return read_frame(self.connection, CHECKPOINTS_OF, CHECKPOINTS)

    def check(self, instruments: pl.DataFrame, made: pl.DataFrame) -> None:
        """Keep these checkpoints, as CHECKPOINTS, and no other of the instruments."""
        stage_frame(self.connection, "wanted", instruments.select("card_id", "grade_code").unique())
        stage_frame(self.connection, "made", made.select(list(CHECKPOINTS)))
        self.connection.execute(LET_GO)
        self.connection.execute(KEEP, {"rules": RULES_ARE})

    def append(self, verdicts: pl.DataFrame) -> int:
        """Add changes of verdict, as VERDICTS."""
        if verdicts.is_empty():
            return 0
        stage_frame(self.connection, "staged_verdicts", verdicts.select(list(VERDICTS)))
        return self.connection.execute(APPEND).rowcount


@dataclass(frozen=True)
class BarRepo:
    """market.prices_daily and its history, of one transaction."""

    connection: psycopg.Connection

    def of_days(self, days: pl.DataFrame) -> pl.DataFrame:
        """All versions of the bars of the instrument-days, as BAR_VERSIONS."""
        wanted = days.select("card_id", "grade_code", "day").unique()
        stage_frame(self.connection, "wanted_days", wanted)
        return read_frame(self.connection, BARS_OF_DAYS, BAR_VERSIONS)

    def replace(self, gone: pl.DataFrame, come: pl.DataFrame) -> None:
        """Remove and add versions of bars, all as BAR_VERSIONS."""
        key = [*BAR_KEY, "known_at", "superseded_at"]
        stage_frame(self.connection, "gone", gone.select(key))
        stage_frame(self.connection, "come", come.select(list(BAR_VERSIONS)))
        for step in REPLACE:
            self.connection.execute(step)
