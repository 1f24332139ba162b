"""Makes catalog rows of items that a file names and no product map knows. No I/O."""

import re
from dataclasses import dataclass

import polars as pl

from ingestion.domain.catalog import Card, CardSet, Variant, of_variant
from ingestion.domain.errors import CatalogRejected
from ingestion.domain.format import Format, NewItems
from ingestion.domain.identities import Reference
from kernel.ids import CardId

ACTOR = "create-items"
EVIDENCE = "the file itself names the item; made by --create-items"


@dataclass(frozen=True)
class Made:
    """Rows to add; `products` has the columns of the product map's file."""

    card_set: CardSet
    cards: list[Card]
    products: pl.DataFrame


def place_of(mapping: Format, game: str | None) -> NewItems:
    """Where new items go: what the mapping says, or a set named like the game.

    Raises CatalogRejected where neither says it.
    """
    if game is not None:
        return NewItems(game=game, set=game.replace("-", "."), set_name=game.capitalize())
    if mapping.new_items is None:
        why = "it does not say of which game its items are; name it with --game"
        raise CatalogRejected(mapping.source, why)
    return mapping.new_items


def new_items(told: pl.DataFrame, mapping: Format, reference: Reference, place: NewItems) -> Made:
    """A card for each unknown item, and for each of its printings; a product for each item.

    `told` as TOLD. Raises CatalogRejected where two items would be one card.
    """
    fine = told.filter(pl.col("fault").is_null() & pl.col("item").is_not_null())
    named = fine.select("item", "variant").unique().sort("item", "variant")
    known = set(reference.products.get_column("product"))
    if mapping.item_is == "card_id":
        known |= set(reference.cards)
    card_set = CardSet(place.set, place.set_name, game=place.game)
    cards: dict[str, Card] = {}
    products: list[tuple[str, str]] = []
    for item in named.get_column("item").unique(maintain_order=True):
        if item in known:
            continue
        card = _card(item, card_set)
        if card.card_id in cards:
            why = f"{item} and {cards[card.card_id].name} would both be {card.card_id}"
            raise CatalogRejected(mapping.source, why)
        cards[card.card_id] = card
        products.append((item, card.card_id))
    for item, variant in named.iter_rows():
        ours = mapping.variants.get(variant or "", "")
        base = cards.get(_card(item, card_set).card_id)
        if ours and base is not None:
            other = of_variant(base, Variant(base.card_id, ours, "unlimited", ours, EVIDENCE))
            cards[other.card_id] = other
    return Made(card_set, list(cards.values()), _products(mapping.mapped_as, products))


def _card(item: str, card_set: CardSet) -> Card:
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", item).strip("-.").lower()
    return Card(CardId(f"{card_set.set_id}-{slug}"), card_set, item, slug)


def _products(source: str, rows: list[tuple[str, str]]) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema={"product": pl.String, "card_id": pl.String}, orient="row")
    return table.select(
        pl.lit(source).alias("source"),
        "product",
        "card_id",
        pl.lit(None, pl.String).alias("grade_code"),
        pl.lit(None, pl.String).alias("valid_from"),
        pl.lit("1.0").alias("confidence"),
        pl.lit(EVIDENCE).alias("evidence"),
        pl.lit(ACTOR).alias("actor"),
    )
