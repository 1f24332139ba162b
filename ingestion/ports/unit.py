"""Everything a job may touch in one transaction."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ingestion.domain.contracts import Contract
from ingestion.ports.bookkeeping import (
    Backfills,
    Cursors,
    Ledger,
    Partitions,
    Quarantine,
    Rereads,
    WorkSet,
)
from ingestion.ports.by_hand import ByHand
from ingestion.ports.catalog import Catalog, ProductMap
from ingestion.ports.facts import FactStore
from ingestion.ports.prices import BarStore, Divergences, PriceStore, VerdictStore
from ingestion.ports.upkeep import Archive, MonthFilters
from ingestion.ports.zones import ArchiveZone, CuratedZone, FactMonths, RawZone, TrustedZone


@dataclass(frozen=True)
class Unit:
    """Everything one job may touch, within one transaction that commits when the job ends well."""

    raw: RawZone
    trusted: TrustedZone
    curated: CuratedZone
    facts: FactMonths
    catalog: Catalog
    ledger: Ledger
    cursors: Cursors
    told_facts: FactStore
    quarantine: Quarantine
    rereads: Rereads
    prices: PriceStore
    verdicts: VerdictStore
    bars: BarStore
    work: WorkSet
    partitions: Partitions
    by_hand: ByHand
    products: ProductMap
    divergences: Divergences
    backfills: Backfills
    archive: Archive
    filters: MonthFilters
    archived: ArchiveZone
    contract: Callable[[str], Contract]  # of a table of schema `market`


Units = Callable[[], AbstractContextManager[Unit]]  # each a transaction of its own
