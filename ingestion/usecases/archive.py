"""Puts old months of prices away: a parquet that was read back, then the partition is detached."""

from collections.abc import Mapping
from datetime import date

import structlog

from ingestion.domain.errors import ArchiveDiffers
from ingestion.ports.unit import Units

log = structlog.get_logger()

ARCHIVED_TABLES = ("trades", "reported_prices")  # bars stay: readers ask for all of them


def archive_months(units: Units, day: date, *, keep_months: int) -> Mapping[str, object]:
    """Archive every month that ended `keep_months` before the day's; 0 keeps everything.

    Each month by itself, so that a killed run has archived some months wholly and the others not
    at all. A month that changes meanwhile, or has work to do, is left to the next run.
    """
    outcomes = dict.fromkeys(("archived", "busy", "changed"), 0)
    rows = 0
    if keep_months:
        before = _months_before(day, keep_months)
        for table in ARCHIVED_TABLES:
            with units() as unit:
                months = unit.archive.old_months(table, before)
            for month in months:
                outcome, count = _archive(units, table, month)
                outcomes[outcome] += 1
                rows += count if outcome == "archived" else 0
                log.info("month.archive", table=table, month=str(month), outcome=outcome)
    return {"keep_months": keep_months, **outcomes, "rows": rows}


def _archive(units: Units, table: str, month: date) -> tuple[str, int]:
    """How it ended, and the rows of the month. Raises ArchiveDiffers."""
    with units() as unit:
        told = unit.archive.fingerprint(table, month)
        frame = unit.archive.rows(table, month)
        key, sha256 = unit.archived.write(table, month, frame)
        back, back_sha256 = unit.archived.read(key)
    if frame.height != told.rows:
        return "changed", 0  # rows came between the two looks
    if back_sha256 != sha256 or back.height != told.rows or not back.equals(frame):
        raise ArchiveDiffers(key, wanted=told.rows, found=back.height)
    with units() as unit:
        return unit.archive.detach(table, month, told, key=key, sha256=sha256), told.rows


def _months_before(day: date, months: int) -> date:
    """The first of the month so many months before the day's."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
