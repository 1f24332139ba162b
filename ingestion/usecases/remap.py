"""Says anew which card a product is, and brings sales and refused rows in line with it."""

from collections.abc import Mapping
from datetime import UTC

import polars as pl
import structlog

from ingestion.domain.errors import CardUnknown, GradeUnknown
from ingestion.domain.remapping import Remap
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.recall import mark, recall
from ingestion.usecases.screening import Check, unchecked
from ingestion.usecases.validate import validate

log = structlog.get_logger()


def remap(
    units: Units, source: Source, change: Remap, *, check: Check = unchecked
) -> Mapping[str, object]:
    """The new version with the sales it corrects in one transaction, then the runs that refused
    rows of the product, one by one. Doing it again changes nothing and goes on where it stopped.

    Raises CardUnknown, GradeUnknown.
    """
    with units() as unit:
        unit.work.claim(f"load {change.sold_by}")
        _check(unit, change)
        versions = unit.products.supersede(change)
        unit.work.claim("remap")  # two that look at one archived month would wait for each other
        recall(unit, [])
        recall(unit, unit.products.archived_days(change))
        moved, touched = unit.products.move_sales(change)
        as_of = change.known_at.astimezone(UTC).date()
        marked = mark(unit, touched.with_columns(as_of=pl.lit(as_of)))
        days = unit.products.refused_days(change.sold_by, change.product)
    log.info("product.remapped", source=change.source, product=change.product, sales=moved)
    resolved = added = 0
    for day in days:
        validated = validate(units, source, day, check=check)
        resolved += int(str(validated["resolved"]))
        with units() as unit:
            make_room(unit, change.sold_by, day)
        with units() as unit:
            added += int(str(load_trades(unit, change.sold_by, day)["added"]))
    return {
        "source": change.source,
        "product": change.product,
        "card_id": change.card_id,
        "versions": versions,
        "sales_corrected": moved,
        "days_marked": marked,
        "runs_repeated": len(days),
        "resolved": resolved,
        "added": added,
    }


def _check(unit: Unit, change: Remap) -> None:
    alike = unit.products.cards_like(change.card_id)
    if change.card_id not in alike:
        raise CardUnknown(change.card_id, alike)
    if change.grade_code is not None and not unit.products.knows_grade(change.grade_code):
        raise GradeUnknown(change.grade_code)
