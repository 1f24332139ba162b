"""Writes the touched months of the tables to the curated zone, each object whole."""

from collections.abc import Mapping

import structlog

from ingestion.ports import Unit

log = structlog.get_logger()

TABLES = ("trades", "prices_daily", "quotes")


def publish_curated(unit: Unit) -> Mapping[str, object]:
    """Trades, bars and quotes of months with work at stage `curated`."""
    unit.work.claim("curated")
    pending = unit.work.pending("curated")
    months = pending.get_column("day").dt.month_start().unique().sort()
    rows = dict.fromkeys(TABLES, 0)
    for month in months:
        for table in TABLES:
            frame = unit.prices.month(table, month)
            unit.curated.replace(table, month, frame)
            rows[table] += frame.height
    unit.work.clear("curated", pending)
    log.info("curated.published", months=len(months), **rows)
    return {"months": len(months), **{f"{table}_rows": count for table, count in rows.items()}}
