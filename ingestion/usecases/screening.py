"""The one way to screen raw rows: for a night, for hot cards, for days read again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.records import Window
from ingestion.domain.screening import Screened, screen
from ingestion.domain.titles.index import title_index
from ingestion.ports.sources import Told
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.learn_products import learn_products

# Looks at what screening let through, before anything is written; its summary joins the job's.
Check = Callable[[str, date, pl.DataFrame], Mapping[str, object]]


def unchecked(source: str, day: date, records: pl.DataFrame) -> Mapping[str, object]:
    """No further check: for who screens the same raw rows again that passed before."""
    return {}


@dataclass(frozen=True)
class Kept:
    """Rows new in quarantine, rows that left it, products that got a card or lost it."""

    new: int
    resolved: int
    matched: int
    contradicted: int


def screened(
    units: Units, told: Told, mapping: Format, window: Window, *, asked_at: datetime | None = None
) -> Screened:
    """The rows held against catalog and product map; against titles where the rows have any.

    `asked_at`: when the source was asked, where that is known.
    """
    with units() as unit:
        reference = unit.catalog.reference(mapping.mapped_as, told.listed, sold_by=mapping.source)
        facts = unit.catalog.card_facts() if _has_titles(told) else None
    if facts is not None:
        reference = replace(reference, titles=title_index(facts))
    return screen(told.rows, mapping, reference, window, asked_at=asked_at)


def keep_outcome(
    unit: Unit, mapping: Format, day: date, outcome: Screened, keys: Mapping[str, str]
) -> Kept:
    """Refused rows to quarantine, taken ones out of it, and what titles said to the product map.

    `keys`: the raw object of each part.
    """
    new = unit.quarantine.keep(mapping.source, outcome.rejects, keys, mapped_as=mapping.mapped_as)
    resolved = unit.quarantine.resolve(mapping.source, outcome.accepted)
    matched, contradicted = learn_products(unit, mapping, day, outcome)
    return Kept(new, resolved, matched, contradicted)


def _has_titles(told: Told) -> bool:
    return bool(told.rows.get_column("title").is_not_null().any())
