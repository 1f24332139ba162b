"""Writes the touched months of the tables to the curated zone, each object whole."""

from collections.abc import Callable, Mapping
from datetime import date

import structlog

from ingestion.domain.contracts import Contract
from ingestion.domain.curated import FACTS, PRICES
from ingestion.ports.unit import Unit
from ingestion.ports.zones import CuratedCatalog, CuratedZone
from ingestion.usecases.recall import recall

log = structlog.get_logger()


def publish_curated(unit: Unit) -> Mapping[str, object]:
    """Trades, bars and quotes of months with work at stage `curated`; facts of months that grew."""
    unit.work.claim("curated")
    pending = unit.work.pending("curated")
    months = pending.get_column("day").dt.month_start().unique().sort()
    recall(unit, months.to_list())
    rows = {table.name: 0 for table in (*PRICES, *FACTS)}
    for month in months:
        for table in PRICES:
            frame = unit.prices.month(table.name, month)
            unit.curated.replace(table.name, month, frame)
            rows[table.name] += frame.height
    for table in FACTS:
        rows[table.name] = _publish_facts(unit, table.name)
    unit.work.clear("curated", pending)
    log.info("curated.published", months=len(months), **rows)
    return {"months": len(months), **{f"{table}_rows": count for table, count in rows.items()}}


def _publish_facts(unit: Unit, table: str) -> int:
    """Months that hold other rows than when they were last written; what they hold is noted last,
    so that a run that dies between writes them again."""
    there, states = unit.curated.states(table), unit.facts.states(table)
    rows = 0
    for month in sorted(there.keys() | states.keys()):
        if there.get(month) != states.get(month):
            first = date.fromisoformat(f"{month}-01")
            frame = unit.facts.month(table, first)
            unit.curated.replace(table, first, frame)
            rows += frame.height
    if there != states:
        unit.curated.note(table, states)
    return rows


def register_curated(
    zone: CuratedZone, catalog: CuratedCatalog, contract: Callable[[str], Contract]
) -> Mapping[str, object]:
    """Every curated table in the catalog, its partitions being the months that the zone holds.

    The catalog may have been lost: what is there already is left as it is.
    """
    added = removed = 0
    for table in (*PRICES, *FACTS):
        new, gone = catalog.register(table, contract(table.contract), zone.months(table.name))
        added, removed = added + new, removed + gone
    log.info("curated.registered", added=added, removed=removed)
    return {"tables": len(PRICES) + len(FACTS), "added": added, "removed": removed}
