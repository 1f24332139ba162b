"""Stores what a source has for a window of days, as received."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import structlog

from ingestion.domain.cursors import moved, window
from ingestion.domain.records import Window
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit

log = structlog.get_logger()


def window_of(unit: Unit, source: str, *, since: date | None, day: date) -> Window:
    """The days to ask for, by the cursor and by what was loaded; see domain/cursors.py."""
    position = unit.cursors.position(source)
    return window(
        day,
        since=since,
        read_through=date.fromisoformat(position) if position else None,
        loaded=unit.ledger.last_day(source, "load_trades", before=day),
        first_asked=unit.cursors.first_asked(source),
    )


def fetch(
    unit: Unit,
    source: Source,
    asked: Window,
    *,
    path: Path | None,
    item_map: Path | None,
    now: datetime,
) -> Mapping[str, object]:
    """Raw parts and their manifest, written only after everything was received and readable."""
    name = source.mapping.source
    receipt = source.collect(asked, path=path, item_map=item_map)
    rows = source.read(receipt).rows.height
    keys = unit.raw.store(receipt, fetched_at=now)
    unit.ledger.note(
        name, asked.last, "fetch", read=rows, written=rows, quarantined=0, first=asked.first
    )
    # In the ledger's own transaction: what the cursor says was read, is kept.
    if path is None:
        _move_cursor(unit, name, asked)
    log.info("raw.stored", source=name, day=str(asked.last), rows=rows, parts=len(keys))
    size = sum(len(part.body) for part in receipt.parts)
    return {
        "source": name,
        "since": str(asked.first),
        "date": str(asked.last),
        "rows": rows,
        "objects": len(keys),
        "bytes": size,
    }


def _move_cursor(unit: Unit, source: str, asked: Window) -> None:
    position = unit.cursors.position(source)
    now_at = moved(date.fromisoformat(position) if position else None, asked)
    if now_at is not None:
        unit.cursors.move(source, str(now_at))
