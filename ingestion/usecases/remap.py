"""Says anew which card a product is, and brings prices and refused rows in line with it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date

import polars as pl
import structlog

from ingestion.domain.errors import CardUnknown, GradeUnknown, RemapIncomplete
from ingestion.domain.remapping import Remap
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.recall import mark, recall
from ingestion.usecases.screening import Check, unchecked
from ingestion.usecases.validate import validate
from kernel.errors import DomainError, Unavailable

log = structlog.get_logger()


def remap(
    units: Units, sources: Sequence[Source], change: Remap, *, check: Check = unchecked
) -> Mapping[str, object]:
    """The new version with the prices it corrects in one transaction, then the runs that refused
    rows of the product, one by one. `sources` are all that are read by the map.

    A run that fails stops no other, and is told at the end. Doing it again changes nothing and
    goes on where it stopped. Raises CardUnknown, GradeUnknown, RemapIncomplete, Unavailable.
    """
    versions, moved, marked, left = _correct(units, sources, change)
    resolved = added = 0
    failures: list[str] = []
    for source, day in left:
        try:
            closed, new = _again(units, source, day, check)
        except Unavailable:
            raise
        except DomainError as error:
            log.warning("remap.run_failed", source=source.mapping.source, day=str(day))
            failures.append(f"{source.mapping.source} {day}: {error}")
            continue
        resolved, added = resolved + closed, added + new
    if failures:
        raise RemapIncomplete(change.product, failures, total=len(failures))
    return {
        "source": change.source,
        "product": change.product,
        "card_id": change.card_id,
        "versions": versions,
        "sales_corrected": moved[0],
        "figures_corrected": moved[1],
        "days_marked": marked,
        "runs_repeated": len(left),
        "resolved": resolved,
        "added": added,
    }


def _correct(
    units: Units, sources: Sequence[Source], change: Remap
) -> tuple[int, tuple[int, int], int, list[tuple[Source, date]]]:
    """Versions told, sales and figures moved, days marked, and the runs that refused rows."""
    formats = [source.mapping for source in sources]
    names = sorted(mapping.source for mapping in formats)
    printings = {ours for mapping in formats for ours in mapping.variants.values() if ours}
    with units() as unit:
        for name in names:
            unit.work.claim(f"load {name}")
        _check(unit, change)
        versions = unit.products.supersede(change)
        unit.work.claim("remap")  # two that look at one archived month would wait for each other
        recall(unit, [])
        recall(unit, unit.products.archived_days(change, names, sorted(printings)))
        moved = unit.products.move_prices(change, names, sorted(printings))
        as_of = change.known_at.astimezone(UTC).date()
        marked = mark(unit, moved.touched.with_columns(as_of=pl.lit(as_of)))
        left = [
            (source, day)
            for source in sources
            for day in unit.products.refused_days(source.mapping.source, change.product)
        ]
    counts = (moved.sales, moved.figures)
    log.info("product.remapped", source=change.source, product=change.product, moved=sum(counts))
    return versions, counts, marked, left


def _again(units: Units, source: Source, day: date, check: Check) -> tuple[int, int]:
    """Rows that left quarantine, and prices added, by one run that refused some."""
    validated = validate(units, source, day, check=check)
    name = source.mapping.source
    with units() as unit:
        make_room(unit, name, day)
    with units() as unit:
        added = load_trades(unit, name, day)["added"]
    return int(str(validated["resolved"])), int(str(added))


def _check(unit: Unit, change: Remap) -> None:
    alike = unit.products.cards_like(change.card_id)
    if change.card_id not in alike:
        raise CardUnknown(change.card_id, alike)
    if change.grade_code is not None and not unit.products.knows_grade(change.grade_code):
        raise GradeUnknown(change.grade_code)
