"""Screens raw rows: good ones to the trusted zone, refused ones to quarantine one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl
import structlog

from ingestion.domain.errors import NothingUsable
from ingestion.domain.records import Receipt
from ingestion.domain.screening import Screened, screen
from ingestion.domain.titles.index import title_index
from ingestion.ports.sources import Source, Told
from ingestion.ports.unit import Unit, Units

log = structlog.get_logger()

EXAMPLES = 3
MATCHER = "matcher"  # the actor of mappings that titles gave


# Looks at what screening let through, before anything is written; its summary joins the job's.
Check = Callable[[str, date, pl.DataFrame], Mapping[str, object]]


def unchecked(source: str, day: date, records: pl.DataFrame) -> Mapping[str, object]:
    """No further check: for who screens the same raw rows again that passed before."""
    return {}


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
        reference = unit.catalog.reference(mapping.mapped_as, told.listed)
        facts = unit.catalog.card_facts() if _has_titles(told) else None
    if facts is not None:
        reference = replace(reference, titles=title_index(facts))
    screened = screen(told.rows, mapping, reference, receipts[-1].window)
    reasons = screened.reasons()
    if screened.records.is_empty() and not source.may_be_empty:
        raise NothingUsable(mapping.source, reasons, _examples(screened))
    checked = check(mapping.source, day, screened.records)
    with units() as unit:
        new, resolved = _keep(unit, mapping.source, day, screened, keys)
        matched = _learn(unit, mapping.mapped_as, screened.learned)
    refused = screened.rejects.height
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
        "products_matched": matched,
        **checked,
    }


def _keep(
    unit: Unit, source: str, day: date, screened: Screened, keys: Mapping[str, str]
) -> tuple[int, int]:
    """Write both outcomes; rows new in quarantine, and rows that left it."""
    unit.trusted.write(source, day, screened.records)
    new = unit.quarantine.keep(source, screened.rejects, keys)
    resolved = unit.quarantine.resolve(source, screened.accepted)
    refused = screened.rejects.height
    taken = screened.records.height
    read = taken + screened.duplicates + refused
    unit.ledger.note(source, day, "validate", read=read, written=taken, quarantined=refused)
    return new, resolved


def _has_titles(told: Told) -> bool:
    return bool(told.rows.get_column("title").is_not_null().any())


def _learn(unit: Unit, source: str, learned: pl.DataFrame) -> int:
    """What titles said of products nobody had mapped becomes knowledge; the rows added."""
    if learned.is_empty():
        return 0
    products = learned.with_columns(
        pl.col("confidence").cast(pl.String),
        source=pl.lit(source),
        grade_code=pl.lit(None, pl.String),
        valid_from=pl.lit(None, pl.String),
        actor=pl.lit(MATCHER),
    )
    return unit.catalog.upsert_products(products)


def _all_told(source: Source, receipts: Sequence[Receipt]) -> Told:
    """The rows of every fetch of the day; of several lists of ids the last one counts."""
    each = [source.read(receipt) for receipt in receipts]
    rows = [told.rows.with_columns(fetch=pl.lit(at, pl.Int64)) for at, told in enumerate(each)]
    lists = [told.listed for told in each if not told.listed.is_empty()]
    return Told(rows=pl.concat(rows), listed=lists[-1] if lists else each[-1].listed)


def _examples(screened: Screened) -> list[str]:
    first = screened.rejects.head(EXAMPLES).select("line", "reason", "detail").iter_rows()
    return [f"line {line}: {reason} ({detail})" for line, reason, detail in first]
