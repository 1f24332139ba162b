"""SQL of what is known beside prices: population, search trends, sentiment; append-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import LiteralString

import polars as pl
import psycopg

from ingestion.domain.facts import Watched
from kernel.db.staging import stage_frame

YEAR = timedelta(days=365)

# A variant is looked for by the words of its card: people do not write its code.
WATCHED = """
select c.card_id, c.name || ' ' || s.name
from (
  select card_id, count(*) as sales from market.trades
  where ts >= %s and ts < %s and until is null group by card_id
) sold
join market.cards c using (card_id) join market.sets s using (set_id)
where c.card_id !~ '~' and c.game = 'pokemon'
order by sold.sales desc, c.card_id limit %s
"""
# Of the rows of a spec that hold now the one known last says which card it is.
SPECS = """
select product, card_id from (
  select distinct on (product) product, card_id from market.product_map
  where source = %s and valid_from <= now() and now() < valid_to
  order by product, known_at desc, valid_from desc
) now_is where card_id is not null order by product
"""

# Each table's own columns after the key of (card, day ...): a row is added where they differ from
# the newest row of its key, and never twice in one moment of knowledge.
POPULATION = """
insert into market.population (card_id, grade_code, day, source, population, known_at)
select f.card_id, f.grade_code, f.day, %(source)s, f.population, %(known_at)s from staged_facts f
left join lateral (
  select p.population from market.population p
  where (p.card_id, p.grade_code, p.day, p.source)
    = (f.card_id, f.grade_code, f.day, %(source)s)
  order by p.known_at desc limit 1
) last on true
where last.population is distinct from f.population
on conflict do nothing
"""
SEARCH_TRENDS = """
insert into market.search_trends
  (card_id, day, source, term, interest, window_first, window_last, known_at)
select f.card_id, f.day, %(source)s, f.term, f.interest, f.window_first, f.window_last,
  %(known_at)s
from staged_facts f
left join lateral (
  select t.interest from market.search_trends t
  where (t.card_id, t.source, t.window_last, t.day)
    = (f.card_id, %(source)s, f.window_last, f.day)
  order by t.known_at desc limit 1
) last on true
where last.interest is distinct from f.interest
on conflict do nothing
"""
SENTIMENT = """
insert into market.sentiment_daily
  (card_id, day, source, posts, positive, negative, score, words, known_at)
select f.card_id, f.day, %(source)s, f.posts, f.positive, f.negative, f.score, f.words::jsonb,
  %(known_at)s
from staged_facts f
left join lateral (
  select s.posts, s.positive, s.negative, s.score, s.words from market.sentiment_daily s
  where (s.card_id, s.day, s.source) = (f.card_id, f.day, %(source)s)
  order by s.known_at desc limit 1
) last on true
where (last.posts, last.positive, last.negative, last.score, last.words)
  is distinct from (f.posts, f.positive, f.negative, f.score, f.words::jsonb)
on conflict do nothing
"""
ADD: Mapping[str, LiteralString] = {
    "population": POPULATION,
    "search_trends": SEARCH_TRENDS,
    "sentiment_daily": SENTIMENT,
}


@dataclass(frozen=True)
class FactRepo:
    """The tables of facts in one transaction."""

    connection: psycopg.Connection

    def watched(self, day: date, most: int) -> list[Watched]:
        """The cards sold in the year before the day, those with most sales first."""
        ends = day + timedelta(days=1)
        rows = self.connection.execute(WATCHED, (ends - YEAR, ends, most)).fetchall()
        return [Watched(*row) for row in rows]

    def specs(self, source: str) -> dict[str, str]:
        """The card of each product of a source, as mapped now."""
        return dict(self.connection.execute(SPECS, (source,)).fetchall())

    def add(self, table: str, rows: pl.DataFrame, *, source: str, known_at: datetime) -> int:
        """Add what differs from what was known before; the number added."""
        stage_frame(self.connection, "staged_facts", rows)
        told = {"source": source, "known_at": known_at}
        return self.connection.execute(ADD[table], told).rowcount
