"""Screens raw rows: good ones to the trusted zone, refused ones to quarantine one by one."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import structlog

from ingestion.domain.errors import NothingUsable
from ingestion.domain.records import Receipt
from ingestion.domain.screening import Screened, screen
from ingestion.ports import Source, Told, Unit

log = structlog.get_logger()

EXAMPLES = 3


def validate(unit: Unit, source: Source, day: date) -> Mapping[str, object]:
    """Raw -> trusted + quarantine. A file of which no row can be used leaves nothing behind."""
    mapping = source.mapping
    receipts, keys = unit.raw.load(mapping.source, day)
    told = _all_told(source, receipts)
    reference = unit.catalog.reference(mapping.source, told.listed)
    screened = screen(told.rows, mapping, reference, receipts[-1].window)
    reasons = screened.reasons()
    if screened.records.is_empty() and not source.may_be_empty:
        raise NothingUsable(mapping.source, reasons, _examples(screened))
    unit.trusted.write(mapping.source, day, screened.records)
    new = unit.quarantine.keep(mapping.source, screened.rejects, keys)
    resolved = unit.quarantine.resolve(mapping.source, screened.accepted)
    refused = screened.rejects.height
    unit.ledger.note(
        mapping.source,
        day,
        "validate",
        read=told.rows.height,
        written=screened.records.height,
        quarantined=refused,
    )
    if refused:
        log.warning("rows.quarantined", source=mapping.source, rows=refused, new=new, **reasons)
    return {
        "source": mapping.source,
        "date": str(day),
        "read": told.rows.height,
        "trusted": screened.records.height,
        "duplicates": screened.duplicates,
        "clamped": screened.clamped,
        "quarantined": refused,
        "quarantined_by_reason": reasons,
        "quarantined_new": new,
        "resolved": resolved,
    }


def _all_told(source: Source, receipts: Sequence[Receipt]) -> Told:
    """The rows of every fetch of the day; of several lists of ids the last one counts."""
    each = [source.read(receipt) for receipt in receipts]
    rows = [told.rows.with_columns(fetch=pl.lit(at, pl.Int64)) for at, told in enumerate(each)]
    lists = [told.listed for told in each if not told.listed.is_empty()]
    return Told(rows=pl.concat(rows), listed=lists[-1] if lists else each[-1].listed)


def _examples(screened: Screened) -> list[str]:
    first = screened.rejects.head(EXAMPLES).select("line", "reason", "detail").iter_rows()
    return [f"line {line}: {reason} ({detail})" for line, reason, detail in first]
