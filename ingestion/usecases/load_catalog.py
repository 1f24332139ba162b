"""Loads sets and cards by their natural keys."""

from collections.abc import Mapping

import structlog

from ingestion.domain.catalog import Card, CardSet
from ingestion.ports.unit import Unit

log = structlog.get_logger()


def load_catalog(unit: Unit, sets: list[CardSet], cards: list[Card]) -> Mapping[str, object]:
    """Add what is new, renew what changed; loading the same again changes 0 rows."""
    changed_sets = unit.catalog.upsert_sets(sets)
    changed_cards = unit.catalog.upsert_cards(cards)
    if changed_cards or changed_sets:
        unit.catalog.refresh_search()
    shared = sum(card.finish.startswith("default-") for card in cards)
    log.info("catalog.loaded", sets=changed_sets, cards=changed_cards)
    return {
        "sets": len(sets),
        "cards": len(cards),
        "sets_changed": changed_sets,
        "cards_changed": changed_cards,
        "numbers_shared": shared,
    }
