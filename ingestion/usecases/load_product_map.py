"""Loads card variants and the rows that say which card a source's product is."""

from collections.abc import Mapping, Sequence

import polars as pl
import structlog

from ingestion.domain.catalog import Variant
from ingestion.ports.unit import Unit

log = structlog.get_logger()


def load_product_map(
    unit: Unit, variants: Sequence[Variant], products: pl.DataFrame
) -> Mapping[str, object]:
    """Cards of other printings first, then the products that may be such cards."""
    made = unit.catalog.add_variants(variants) if variants else 0
    changed = unit.catalog.upsert_products(products) if products.height else []
    waiting = _queue(unit, changed)
    if made:
        unit.catalog.refresh_search()
    log.info("product_map.loaded", variants=made, products=len(changed), days_to_reread=waiting)
    return {
        "variants": len(variants),
        "variants_changed": made,
        "products": products.height,
        "products_changed": len(changed),
        "days_to_reread": waiting,
    }


def _queue(unit: Unit, changed: Sequence[tuple[str, str]]) -> int:
    """Run days that refused rows of the products, or read them by their titles, wait for another
    reading; their number."""
    by_source: dict[str, set[str]] = {}
    for source, product in changed:
        by_source.setdefault(source, set()).add(product)
    return sum(unit.rereads.queue(source, sorted(each)) for source, each in by_source.items())
