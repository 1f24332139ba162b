"""What the composition root gives the jobs, and the options several jobs share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click
import polars as pl

from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.divergence import DivergenceRule
from ingestion.domain.facts import Fact
from ingestion.ports.announcing import CloseTopic, SeriesCache
from ingestion.ports.catalog import ReferenceFiles
from ingestion.ports.quality import Yardstick
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.ports.upkeep import Sweeper
from ingestion.usecases.fetch_facts import Plan
from ingestion.usecases.guard import guard, guard_facts
from ingestion.usecases.guard_catalog import guard_catalog
from ingestion.usecases.refresh_catalog import CatalogApi
from ingestion.usecases.refresh_hot import OfProducts
from kernel.cli import Summary, UtcDay

Work = Callable[[Unit], Summary]


@dataclass(frozen=True)
class Doors:
    """What the composition root gives the jobs; each is opened by the job that needs it."""

    unit: Units
    source: Callable[[str], Source]
    sharing_map: Callable[[Source], Sequence[Source]]
    files: ReferenceFiles
    series: Callable[[], SeriesCache]
    yardstick: Callable[[], Yardstick]
    register: Callable[[], Summary]
    sweeper: Callable[[], Sweeper]
    of_products: OfProducts
    keep_months: Callable[[], int]
    divergence: Callable[[], DivergenceRule]
    closes: Callable[[], CloseTopic | None]
    facts: Callable[[str], Sequence[Plan]]
    catalog: Callable[[], CatalogApi]

    def within_unit(self, work: Work) -> Summary:
        """Do the work in one transaction, committed when it ends well."""
        with self.unit() as unit:
            return work(unit)

    def check(self, source: str, day: date, records: pl.DataFrame) -> Summary:
        """Hold records against the contracts of their tables. Raises SuiteFailed."""
        return guard(self.yardstick(), source, day, records, now=datetime.now(UTC))

    def check_facts(
        self, table: Fact, source: str, day: date, rows: pl.DataFrame, whole: bool
    ) -> Summary:
        """Hold facts against the contract of their table. Raises SuiteFailed."""
        return guard_facts(self.yardstick(), table, source, day, rows, whole=whole)

    def check_catalog(
        self,
        source: str,
        day: date,
        sets: Sequence[CardSet],
        cards: Sequence[Card],
        asked: Sequence[str],
    ) -> Summary:
        """Hold a catalog against the contracts of its tables. Raises SuiteFailed."""
        return guard_catalog(self.yardstick(), source, day, sets=sets, cards=cards, asked=asked)


SOURCE = click.option(
    "--source", required=True, help="marketplace, a shipped format, or a mapping file (.yaml)"
)


DATE = click.option("--date", "day", type=UtcDay(), required=True, help="UTC day of the run")


FROM = click.option("--from", "path", type=click.Path(path_type=Path), required=True)
