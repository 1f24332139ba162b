"""SQL of what was said of sales and of what is believed of them in consequence.

Most sales are told once, and their row in market.trades is all there is. Of one of which more was
said, `trade_statements` keeps every statement, append-only; its row and its `trade_versions` are
derived from these anew whenever one is added (`domain/histories.py`).

Writers of one source's sales take turns: each claims the loads of the source.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
import psycopg

from ingestion.adapters.copying import read_frame
from ingestion.adapters.sale_keys import SaleKeys
from ingestion.domain import histories
from ingestion.domain.histories import SALE_VERSIONS, Changes
from ingestion.domain.records import Schema
from ingestion.domain.statements import CANCELLED, SAID, STATEMENTS, TOLD, news
from kernel.db.staging import stage_frame


def row_of(table: str, *names: str) -> str:
    """A row constructor of the table's columns."""
    return "({})".format(", ".join(f"{table}.{name}" for name in ", ".join(names).split(", ")))


TRADE_COLUMNS = """trade_id, ts, card_id, grade_code, source, source_sale_id, told_as, price_cents,
  seller, url, known_at, reported_at, meta"""

# What stands there word for word, and is all that was said of the sale, needs no look at a history.
# Lateral and not pulled up: of each sale only the months are opened in which it may lie.
MEET = """
create temp table met on commit drop as
select s.trade_id, s.alone and s.reported_at = t.reported_at
  and (t.told_as, t.ts, t.card_id, t.grade_code, t.price_cents, t.seller)
    is not distinct from (s.told_as, s.ts, s.card_id, s.grade_code, s.price_cents, s.seller)
  and not exists (select from market.trade_statements h where h.trade_id = t.trade_id) as same
from said s join (
  select t.* from may_lie m, lateral (
    select trade_id, reported_at, told_as, ts, card_id, grade_code, price_cents, seller
    from market.trades where trade_id = m.trade_id and ts >= m.since and ts < m.before offset 0
  ) t
) t on t.trade_id = s.trade_id
"""
CONCERN = """
create temp table concerned on commit drop as
select distinct s.trade_id from said s left join met m using (trade_id)
where case when m.trade_id is null then not s.alone else not m.same end
"""
# A sale that is told for the first time, once and as standing, is one row and no history.
ADD = f"""
insert into market.trades ({TRADE_COLUMNS})
select {TRADE_COLUMNS.replace("meta", "meta::jsonb")} from said s
where s.alone and not exists (select from met m where m.trade_id = s.trade_id)
order by ts, trade_id
"""  # noqa: S608 (constants only)
ADDED = """
select card_id, grade_code, (ts at time zone 'UTC')::date as day, count(*) as sales from said s
where s.alone and not exists (select from met m where m.trade_id = s.trade_id)
group by 1, 2, 3
"""
MET = "select trade_id from met"
ADDED_DAYS: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "sales": pl.Int64,
}

STATED = f"""
select {", ".join(STATEMENTS)} from market.trade_statements join concerned using (trade_id)
union all
select t.trade_id, 'told', t.reported_at, 0, t.known_at, t.told_as, t.ts, t.card_id, t.grade_code,
  t.price_cents, t.seller, t.url, t.meta, t.source, null
from market.trades t join concerned using (trade_id)
where not exists (select from market.trade_statements h where h.trade_id = t.trade_id)
"""  # noqa: S608 (constants only)
OF_CONCERNED = "select s.* from said s join concerned using (trade_id)"

STATE = f"""
insert into market.trade_statements ({", ".join(STATEMENTS)})
select {", ".join(STATEMENTS).replace("meta", "meta::jsonb")} from stated_now
order by trade_id, reported_at, place, known_at, action
on conflict do nothing
"""  # noqa: S608 (constants only)
REPLACE_VERSIONS = [
    "delete from market.trade_versions v using present_now p where v.trade_id = p.trade_id",
    f"""
insert into market.trade_versions ({", ".join(SALE_VERSIONS)})
select {", ".join(SALE_VERSIONS)} from versions_now
""",  # noqa: S608 (constants only)
]
SHOWN = "told_as, ts, card_id, grade_code, price_cents, seller, known_at"
# A row that is as it should be stays; one of another time of sale has another place in the table.
REPLACE_SALES = [
    f"""
create temp table replaced on commit drop as
select t.*, {row_of("p", SHOWN)} is not distinct from {row_of("t", SHOWN)} as same
from market.trades t join present_now p using (trade_id)
where {row_of("p", SHOWN, "until, reported_at, url, meta::jsonb")} is distinct from
  {row_of("t", SHOWN, "until, reported_at, url, meta")}
""",  # noqa: S608 (constants only)
    "delete from market.trades t using replaced r where (t.trade_id, t.ts) = (r.trade_id, r.ts)",
    """
insert into market.trades (trade_id, ts, card_id, grade_code, source, source_sale_id, told_as,
  price_cents, seller, url, known_at, until, reported_at, loaded_at, meta)
select p.trade_id, p.ts, p.card_id, p.grade_code, coalesce(r.source, p.source),
  coalesce(r.source_sale_id, p.source_sale_id), p.told_as, p.price_cents, p.seller, p.url,
  p.known_at, p.until, p.reported_at, case when r.same then r.loaded_at else now() end,
  p.meta::jsonb
from present_now p left join replaced r using (trade_id)
where r.trade_id is not null
  or not exists (select from market.trades t where t.trade_id = p.trade_id)
order by p.ts, p.trade_id
""",
]
DROP = "drop table if exists pg_temp.met, pg_temp.concerned, pg_temp.replaced"


@dataclass(frozen=True)
class Heard:
    """What statements changed; `added_days` are those of sales that were not there."""

    added_days: pl.DataFrame
    added: int
    changes: Changes


def hear(connection: psycopg.Connection, said: pl.DataFrame) -> Heard:
    """Take in what was said of sales, as SAID; what was said before changes nothing.

    The months of all contents have to be there.
    """
    alone = (pl.col("action") == TOLD) & pl.col("trade_id").is_unique()
    told = said.with_columns(alone=alone)
    keys = SaleKeys(connection)
    keys.look(told.get_column("trade_id"))
    stage_frame(connection, "said", told.sort("ts", "trade_id"))
    for statement in (DROP, MEET, CONCERN, ADD):
        connection.execute(statement)
    met = read_frame(connection, MET, {"trade_id": pl.Int64})
    keys.note(told.filter("alone").join(met, on="trade_id", how="anti"))
    added = read_frame(connection, ADDED, ADDED_DAYS)
    stated = read_frame(connection, STATED, STATEMENTS)
    new = news(stated, read_frame(connection, OF_CONCERNED, SAID), moment(connection))
    first_told = new.select("trade_id").unique().join(stated, on="trade_id", how="anti")
    return Heard(
        added.drop("sales"),
        int(added.get_column("sales").sum()) + first_told.height,
        _derive(connection, stated, new),
    )


def moment(connection: psycopg.Connection) -> datetime:
    """When the transaction began, which is when it knows what it says."""
    (told,) = connection.execute("select now()").fetchall()[0]
    now: datetime = told
    return now.astimezone(UTC)


def _derive(connection: psycopg.Connection, stated: pl.DataFrame, new: pl.DataFrame) -> Changes:
    """Add the statements, and bring rows and versions of their sales in line with all of them."""
    before = stated.join(new.select("trade_id").unique(), on="trade_id", how="semi")
    unnamed = [pl.lit(None, SAID[name]).alias(name) for name in SAID if name not in STATEMENTS]
    everything = pl.concat([before.with_columns(unnamed), new.select(list(SAID))])
    # A turn on a sale that nobody has told is of nothing.
    told = everything.filter(pl.col("action").is_in([TOLD, CANCELLED])).select("trade_id").unique()
    everything = everything.join(told, on="trade_id", how="semi")
    old, believed = histories.beliefs(before), histories.beliefs(everything)
    changed = histories.changes(old, believed)
    if everything.is_empty():
        return changed
    words = histories.present_words(everything).select(
        "trade_id", "told_as", "reported_at", "url", "meta"
    )
    named = new.unique("trade_id").select("trade_id", "source", "source_sale_id")
    shown = histories.present(believed).join(words, on="trade_id")
    # Of a sale that was believed in one way alone, the row itself says all.
    several = believed.filter(pl.len().over("trade_id") > 1)
    stage_frame(connection, "stated_now", everything.select(list(STATEMENTS)))
    stage_frame(connection, "versions_now", histories.versions(several))
    stage_frame(connection, "present_now", shown.join(named, on="trade_id"))
    for statement in (STATE, *REPLACE_VERSIONS, *REPLACE_SALES):
        connection.execute(statement)
    SaleKeys(connection).note(shown)
    return changed
