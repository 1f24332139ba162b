"""Screens raw rows: good ones to the trusted zone, refused ones to quarantine one by one."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import structlog

from ingestion.domain.errors import NothingUsable
from ingestion.domain.latest import latest_told
from ingestion.domain.records import Receipt
from ingestion.domain.screening import Screened
from ingestion.ports.sources import Source, Told
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.screening import Check, keep_outcome, screened, unchecked

log = structlog.get_logger()

EXAMPLES = 3


def validate(
    units: Units, source: Source, day: date, *, check: Check = unchecked
) -> Mapping[str, object]:
    """Raw -> trusted + quarantine. A file of which no row can be used leaves nothing behind, nor
    does one whose records `check` refuses.

    Screening lies between two transactions, since none may idle for as long as it takes.
    """
    mapping = source.mapping
    with units() as unit:
        receipts, keys = unit.raw.load(mapping.source, day)
        told = _all_told(source, receipts)
    last = receipts[-1]
    outcome = screened(units, told, mapping, last.window, asked_at=last.fetched_at)
    reasons = outcome.reasons()
    if outcome.records.is_empty() and not source.may_be_empty:
        raise NothingUsable(mapping.source, reasons, _examples(outcome))
    checked = check(mapping.source, day, latest_told(outcome.records))
    with units() as unit:
        unit.trusted.write(mapping.source, day, outcome.records)
        kept = keep_outcome(unit, mapping, day, outcome, keys)
        _note(unit, mapping.source, day, outcome)
    refused = outcome.rejects.height
    if refused:
        new = kept.new
        log.warning("rows.quarantined", source=mapping.source, rows=refused, new=new, **reasons)
    return {
        "source": mapping.source,
        "date": str(day),
        "read": told.rows.height,
        "trusted": outcome.records.height,
        "duplicates": outcome.duplicates,
        "clamped": outcome.clamped,
        "quarantined": refused,
        "quarantined_by_reason": reasons,
        "quarantined_new": kept.new,
        "resolved": kept.resolved,
        "products_matched": kept.matched,
        "products_contradicted": kept.contradicted,
        **checked,
    }


def _note(unit: Unit, source: str, day: date, outcome: Screened) -> None:
    refused = outcome.rejects.height
    taken = outcome.records.height
    read = taken + outcome.duplicates + refused
    unit.ledger.note(source, day, "validate", read=read, written=taken, quarantined=refused)


def _all_told(source: Source, receipts: Sequence[Receipt]) -> Told:
    """The rows of every fetch of the day; of several lists of ids the last one counts."""
    each = [source.read(receipt) for receipt in receipts]
    rows = [told.rows.with_columns(fetch=pl.lit(at, pl.Int64)) for at, told in enumerate(each)]
    lists = [told.listed for told in each if not told.listed.is_empty()]
    return Told(rows=pl.concat(rows), listed=lists[-1] if lists else each[-1].listed)


def _examples(outcome: Screened) -> list[str]:
    first = outcome.rejects.head(EXAMPLES).select("line", "reason", "detail").iter_rows()
    return [f"line {line}: {reason} ({detail})" for line, reason, detail in first]
