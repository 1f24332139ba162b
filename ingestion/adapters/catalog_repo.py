"""SQL of the catalog: sets, cards, variants, the product map, and what rows are checked against."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from psycopg.rows import dict_row

from ingestion.adapters.copying import read_frame
from ingestion.domain.catalog import Card, CardSet, Variant, of_variant
from ingestion.domain.errors import CatalogRejected
from ingestion.domain.identities import PRODUCTS, Reference
from ingestion.domain.map_versions import said_since
from ingestion.domain.records import Schema
from ingestion.domain.titles.index import CardFact
from kernel.db.staging import stage_frame
from kernel.ids import CardId

SETS = """
insert into market.sets as s
  (set_id, game, name, series, release_date, printed_total, total, code)
select set_id, game, name, series, release_date, printed_total, total, code from staged_sets
on conflict (set_id) do update set (name, series, release_date, printed_total, total, code)
  = (excluded.name, excluded.series, excluded.release_date, excluded.printed_total,
     excluded.total, excluded.code)
where (s.name, s.series, s.release_date, s.printed_total, s.total, s.code) is distinct from
  (excluded.name, excluded.series, excluded.release_date, excluded.printed_total,
   excluded.total, excluded.code)
"""

CARD_COLUMNS = """card_id, game, set_id, name, number, edition, finish, language, rarity, supertype,
  subtypes, artist, image_small, image_large"""

# An image once known stays when a leaner source is loaded after a richer one.
CARDS = f"""
insert into market.cards as c ({CARD_COLUMNS})
select card_id, game, set_id, name, number, edition, finish, language, rarity, supertype,
  case when subtypes is null then '{{}}' else string_to_array(subtypes, '|') end,
  artist, image_small, image_large
from staged_cards
on conflict (card_id) do update set (name, number, edition, finish, language, rarity, supertype,
  subtypes, artist, image_small, image_large) = (excluded.name, excluded.number,
  excluded.edition, excluded.finish, excluded.language, excluded.rarity, excluded.supertype,
  excluded.subtypes, excluded.artist, coalesce(excluded.image_small, c.image_small),
  coalesce(excluded.image_large, c.image_large))
where (c.name, c.number, c.edition, c.finish, c.language, c.rarity, c.supertype, c.subtypes,
  c.artist, c.image_small, c.image_large) is distinct from (excluded.name,
  excluded.number, excluded.edition, excluded.finish, excluded.language, excluded.rarity,
  excluded.supertype, excluded.subtypes, excluded.artist,
  coalesce(excluded.image_small, c.image_small), coalesce(excluded.image_large, c.image_large))
"""  # noqa: S608 (constants only)

BASE_CARDS = """
select c.card_id, c.name, c.number, c.language, c.rarity, c.supertype, c.subtypes, c.artist,
  c.image_small, c.image_large, s.set_id, s.name as set_name, s.game, s.printed_total, s.code
from market.cards c join market.sets s using (set_id) where c.card_id = any(%s)
"""

# What the same actor said last of the product from that day on is not said again, so that loading
# a file twice does not speak against what somebody else learned in between.
PRODUCT_ROWS = """
with told as (
  select source, product, card_id, grade_code, confidence::numeric as confidence, evidence, actor,
    coalesce(valid_from::timestamptz, '-infinity') as since
  from staged_products
)
insert into market.product_map (source, product, card_id, grade_code, valid_from, valid_to,
  confidence, evidence, actor, known_at)
select t.source, t.product, t.card_id, t.grade_code, t.since, coalesce((
    select min(later.since) from (
      select since from told n where (n.source, n.product) = (t.source, t.product)
      union all
      select valid_from from market.product_map p
      where (p.source, p.product, p.actor) = (t.source, t.product, t.actor)
    ) later where later.since > t.since), 'infinity'),
  t.confidence, t.evidence, t.actor, now()
from told t left join lateral (
  select true as there, p.card_id, p.grade_code, p.confidence, p.evidence from market.product_map p
  where (p.source, p.product, p.valid_from, p.actor) = (t.source, t.product, t.since, t.actor)
  order by p.known_at desc limit 1
) said on true
where said.there is null or (said.card_id, said.grade_code, said.confidence, said.evidence)
  is distinct from (t.card_id, t.grade_code, t.confidence, t.evidence)
returning source, product
"""

CARD_FACTS = """
select c.card_id, c.name, c.number, c.edition, c.finish, c.language, s.set_id, s.name, s.code,
  s.printed_total
from market.cards c join market.sets s using (set_id) where c.game = 'pokemon' order by c.card_id
"""

# Infinite bounds become far days that a microsecond count can hold. A product waited where rows
# of the source were refused before it was mapped, unless for being something else than a card.
PRODUCTS_OF = """
select p.product, p.card_id, p.grade_code as product_grade,
  greatest(p.valid_from, '0001-01-01') as valid_from, least(p.valid_to, '9999-12-31') as valid_to,
  p.known_at, p.by_hand::text as by_hand, (p.actor = 'matcher')::text as by_titles, p.evidence,
  (q.first_seen_at is not null and q.first_seen_at < p.known_at)::text as waited
from market.product_map p join wanted_source w using (source)
left join (
  select product, min(first_seen_at) as first_seen_at
  from market.quarantine r join wanted_source on r.source = sold_by
  where product is not null and reason not in
    ('title_lot', 'title_proxy', 'title_language', 'title_not_a_card')
  group by product
) q using (product)
"""
MAP_ROWS: Schema = {
    **{name: kind for name, kind in PRODUCTS.items() if name != "said_at"},
    "waited": pl.Boolean,
}

GAME = "insert into market.games (game, name) values (%s, %s) on conflict do nothing"
# A product is its newest card of now, not one that it was taken for before.
HOT_PRODUCTS = """
select m.product from (
  select distinct on (product) product, card_id from market.product_map
  where source = %(source)s and now() >= valid_from and now() < valid_to
  order by product, known_at desc, valid_from desc
) m join (
  select card_id, count(*) as sales from market.trades
  where ts >= %(since)s and until is null group by card_id
) sold using (card_id)
order by sold.sales desc, m.product limit %(limit)s
"""
PRODUCT_NAMES = "select distinct product from market.product_map where source = %s order by product"


@dataclass(frozen=True)
class CatalogRepo:
    """Catalog tables of one transaction."""

    connection: psycopg.Connection

    def add_game(self, game: str) -> None:
        """Make a game known; one that is known stays as it is."""
        name = game.replace("-", " ").capitalize()
        self.connection.execute(GAME, (game, name))

    def upsert_sets(self, sets: Iterable[CardSet]) -> int:
        """Add or renew by set id; the number of rows that changed."""
        rows = [
            (s.set_id, s.game, s.name, s.series, s.release_date, s.printed_total, s.total, s.code)
            for s in sets
        ]
        schema = {
            "set_id": pl.String,
            "game": pl.String,
            "name": pl.String,
            "series": pl.String,
            "release_date": pl.Date,
            "printed_total": pl.Int64,
            "total": pl.Int64,
            "code": pl.String,
        }
        stage_frame(self.connection, "staged_sets", pl.DataFrame(rows, schema=schema, orient="row"))
        return self.connection.execute(SETS).rowcount

    def upsert_cards(self, cards: Iterable[Card]) -> int:
        """Add or renew by card id; the number of rows that changed."""
        frame = pl.DataFrame([_row(card) for card in cards], schema=STAGED_CARDS, orient="row")
        stage_frame(self.connection, "staged_cards", frame)
        try:
            return self.connection.execute(CARDS).rowcount
        except psycopg.errors.UniqueViolation as error:
            detail = error.diag.message_detail or str(error)
            raise CatalogRejected("the catalog", f"two cards are one printing: {detail}") from error

    def add_variants(self, variants: Sequence[Variant]) -> int:
        """Cards made from others. Raises CatalogRejected when the other does not exist."""
        wanted = [variant.catalog_id for variant in variants]
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(BASE_CARDS, (wanted,)).fetchall()
        bases = {row["card_id"]: _card(row) for row in rows}
        missing = sorted(set(wanted) - set(bases))
        if missing:
            why = f"{', '.join(missing)} not in the catalog; load the catalog first"
            raise CatalogRejected("card variants", why)
        return self.upsert_cards(of_variant(bases[v.catalog_id], v) for v in variants)

    def upsert_products(self, products: pl.DataFrame) -> list[tuple[str, str]]:
        """Append what the same actor has not said before; source and product of each row added.

        Raises CatalogRejected.
        """
        stage_frame(self.connection, "staged_products", products)
        try:
            return self.connection.execute(PRODUCT_ROWS).fetchall()
        except psycopg.errors.ForeignKeyViolation as error:
            detail = error.diag.message_detail or str(error)
            why = f"{detail} Load the catalog and the card variants first"
            raise CatalogRejected("the product map", why) from error

    def products_of(self, source: str) -> list[str]:
        """The products of a source that are mapped to a card, in order."""
        rows = self.connection.execute(PRODUCT_NAMES, (source,)).fetchall()
        return [row[0] for row in rows]

    def hot_products(self, source: str, *, since: datetime, limit: int) -> list[str]:
        """Products of the cards with most sales since then, the most traded first."""
        asked = {"source": source, "since": since, "limit": limit}
        return [row[0] for row in self.connection.execute(HOT_PRODUCTS, asked).fetchall()]

    def card_facts(self) -> list[CardFact]:
        """What titles are compared with, of every card."""
        return [CardFact(*row) for row in self.connection.execute(CARD_FACTS).fetchall()]

    def refresh_search(self) -> None:
        """Bring the search's documents in line with the cards."""
        self.connection.execute("select market.refresh_card_search()")

    def products(self, mapped_as: str, *, sold_by: str | None = None) -> pl.DataFrame:
        """What a map says of products to whom reads the source `sold_by`, as PRODUCTS."""
        wanted = pl.DataFrame({"source": [mapped_as], "sold_by": [sold_by or mapped_as]})
        stage_frame(self.connection, "wanted_source", wanted)
        return said_since(read_frame(self.connection, PRODUCTS_OF, MAP_ROWS)).select(list(PRODUCTS))

    def reference(
        self, mapped_as: str, listed: pl.DataFrame, *, sold_by: str | None = None
    ) -> Reference:
        """What the rows of the source `sold_by` are checked against, by the map `mapped_as`."""
        cards = read_frame(
            self.connection, "select card_id from market.cards", {"card_id": pl.String}
        )
        grades = self.connection.execute("select grade_code from market.grades").fetchall()
        return Reference(
            cards=cards.get_column("card_id"),
            grades=frozenset(row[0] for row in grades),
            products=self.products(mapped_as, sold_by=sold_by),
            listed=listed,
        )


STAGED_CARDS = dict.fromkeys(re.split(r",\s+", CARD_COLUMNS), pl.String)


def _row(card: Card) -> tuple[str | None, ...]:
    return (
        card.card_id,
        card.card_set.game,
        card.card_set.set_id,
        card.name,
        card.number,
        card.edition,
        card.finish,
        card.language,
        card.rarity,
        card.supertype,
        "|".join(card.subtypes) or None,
        card.artist,
        card.image_small,
        card.image_large,
    )


def _card(row: Mapping[str, Any]) -> Card:
    named = CardSet(
        row["set_id"],
        row["set_name"],
        row["game"],
        printed_total=row["printed_total"],
        code=row["code"],
    )
    return Card(
        card_id=CardId(row["card_id"]),
        card_set=named,
        name=row["name"],
        number=row["number"],
        language=row["language"],
        rarity=row["rarity"],
        supertype=row["supertype"],
        subtypes=row["subtypes"],
        artist=row["artist"],
        image_small=row["image_small"],
        image_large=row["image_large"],
    )
