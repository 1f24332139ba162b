"""Stores what a source has for a window of days, as received."""

from collections.abc import Mapping
from pathlib import Path

import structlog

from ingestion.domain.errors import WrongWindow
from ingestion.domain.records import Window
from ingestion.ports import Source, Unit

log = structlog.get_logger()


def fetch(
    unit: Unit, source: Source, window: Window, *, path: Path | None, item_map: Path | None
) -> Mapping[str, object]:
    """Raw parts and their manifest, written only after everything was received and readable."""
    if window.first > window.last:
        raise WrongWindow(f"--since {window.first} is after --date {window.last}")
    name = source.mapping.source
    receipt = source.collect(window, path=path, item_map=item_map)
    rows = source.read(receipt).rows.height
    keys = unit.raw.store(receipt)
    unit.ledger.note(name, window.last, "fetch", read=rows, written=rows, quarantined=0)
    log.info("raw.stored", source=name, day=str(window.last), rows=rows, parts=len(keys))
    size = sum(len(part.body) for part in receipt.parts)
    return {
        "source": name,
        "date": str(window.last),
        "rows": rows,
        "objects": len(keys),
        "bytes": size,
    }
