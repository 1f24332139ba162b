"""Stores what a source has for a window of days, as received."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog

from ingestion.domain.errors import WrongWindow
from ingestion.domain.records import Window
from ingestion.ports import Source, Unit

log = structlog.get_logger()

# Marketplaces go on adding and correcting the sales of a day for two or three days.
ASKED_AGAIN = timedelta(days=3)


def window_of(unit: Unit, source: str, *, since: date | None, day: date) -> Window:
    """The days to ask for: without `since`, from three days before the last day that was loaded.

    So nights that were missed are made up for. Before the first load it is the day alone.
    """
    if since is None:
        loaded = unit.ledger.last_day(source, "load_trades", before=day)
        since = day if loaded is None else loaded - ASKED_AGAIN
    if since > day:
        raise WrongWindow(f"--since {since} is after --date {day}")
    return Window(since, day)


def fetch(
    unit: Unit,
    source: Source,
    window: Window,
    *,
    path: Path | None,
    item_map: Path | None,
    now: datetime,
) -> Mapping[str, object]:
    """Raw parts and their manifest, written only after everything was received and readable."""
    name = source.mapping.source
    receipt = source.collect(window, path=path, item_map=item_map)
    rows = source.read(receipt).rows.height
    keys = unit.raw.store(receipt, fetched_at=now)
    unit.ledger.note(
        name, window.last, "fetch", read=rows, written=rows, quarantined=0, first=window.first
    )
    log.info("raw.stored", source=name, day=str(window.last), rows=rows, parts=len(keys))
    size = sum(len(part.body) for part in receipt.parts)
    return {
        "source": name,
        "since": str(window.first),
        "date": str(window.last),
        "rows": rows,
        "objects": len(keys),
        "bytes": size,
    }
