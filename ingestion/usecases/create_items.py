"""Makes items of other markets rows of the catalog, because somebody asked for it."""

from collections.abc import Mapping
from datetime import date

import polars as pl
import structlog

from ingestion.domain.new_items import new_items, place_of
from ingestion.ports.sources import Source
from ingestion.ports.unit import Units

log = structlog.get_logger()


def create_items(
    units: Units, source: Source, day: date, *, game: str | None
) -> Mapping[str, object]:
    """A card and a product for each item of the day's raw rows that nobody knows.

    Items are made in one transaction or none is; asking again makes none. Raises NotFetched and
    CatalogRejected.
    """
    mapping = source.mapping
    place = place_of(mapping, game)
    with units() as unit:
        receipts, _ = unit.raw.load(mapping.source, day)
        told = [source.read(receipt) for receipt in receipts]
        reference = unit.catalog.reference(mapping.mapped_as, told[-1].listed)
    with units() as unit:
        made = new_items(pl.concat([one.rows for one in told]), mapping, reference, place)
        if made.cards:
            unit.catalog.add_game(place.game)
            unit.catalog.upsert_sets([made.card_set])
            unit.catalog.upsert_cards(made.cards)
            unit.catalog.upsert_products(made.products)
            unit.catalog.refresh_search()
    log.info("items.created", source=mapping.source, game=place.game, cards=len(made.cards))
    return {"items_created": made.products.height, "cards_created": len(made.cards)}
