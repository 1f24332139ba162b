"""What the use cases need from outside: sources, lake zones and the tables, as Protocols."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import polars as pl

from ingestion.domain.backfill import BackfillRequest, Run, Step
from ingestion.domain.catalog import Card, CardSet, Variant
from ingestion.domain.contracts import Contract
from ingestion.domain.curated import CuratedTable
from ingestion.domain.expectations import Checked, Expectation, Nights
from ingestion.domain.facts import Watched
from ingestion.domain.format import Format
from ingestion.domain.identities import Reference
from ingestion.domain.records import Receipt, Window
from ingestion.domain.remapping import Remap
from ingestion.domain.titles.index import CardFact
from kernel.ids import Instrument


@dataclass(frozen=True)
class Told:
    """What a receipt says: `rows` as TOLD, `listed` as LISTED (empty without an item map)."""

    rows: pl.DataFrame
    listed: pl.DataFrame


class Source(Protocol):
    """Where prices come from."""

    @property
    def mapping(self) -> Format:
        """How its columns become prices."""

    @property
    def may_be_empty(self) -> bool:
        """Whether a run without a single usable row is an ordinary one."""

    def collect(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """Everything of the window as received; raises before anything is stored."""

    def read(self, receipt: Receipt) -> Told:
        """The rows of what was received, by `collect` now or on another day."""


class RawZone(Protocol):
    """As received, by source and run day; a fetch's manifest, written last, makes it count."""

    def store(self, receipt: Receipt, *, fetched_at: datetime) -> Sequence[str]:
        """Keep the parts and then the manifest; the same bytes are the same keys."""

    def load(self, source: str, day: date) -> tuple[Sequence[Receipt], Mapping[str, str]]:
        """Every fetch of the day in order, and each part's key by its name. Raises NotFetched."""


class TrustedZone(Protocol):
    """Validated, deduplicated records by source and run day, one object each."""

    def write(self, source: str, day: date, records: pl.DataFrame) -> None:
        """Replace the object."""

    def read(self, source: str, day: date) -> pl.DataFrame:
        """Records as RECORDS. Raises NotFetched."""


class CuratedZone(Protocol):
    """Tables as hive-partitioned parquet by month, for Athena and DuckDB."""

    def replace(self, table: str, month: date, rows: pl.DataFrame) -> None:
        """Write the month's object whole; without rows it is removed."""

    def months(self, table: str) -> list[str]:
        """The months that have an object, as 2024-05, in order."""

    def states(self, table: str) -> dict[str, str]:
        """What each month held when it was last written; nothing where nobody noted it."""

    def note(self, table: str, states: Mapping[str, str]) -> None:
        """Note what each month holds, after its object was written."""


class FactMonths(Protocol):
    """The outside facts, as analysts read them: population and sentiment_daily."""

    def states(self, table: str) -> dict[str, str]:
        """By month as 2024-05, a text that differs whenever the month's rows do."""

    def month(self, table: str, month: date) -> pl.DataFrame:
        """The rows of one month, in order of their day, card and knowledge."""


class CuratedCatalog(Protocol):
    """Where Athena finds the curated tables."""

    def register(
        self, table: CuratedTable, contract: Contract, months: Collection[str]
    ) -> tuple[int, int]:
        """Describe the table and make its partitions these months; those added and removed."""


class Catalog(Protocol):
    """Sets, cards and the product map."""

    def add_game(self, game: str) -> None:
        """Make a game known; one that is known stays as it is."""

    def upsert_sets(self, sets: Iterable[CardSet]) -> int:
        """Add or renew by set id; the number of rows that changed."""

    def upsert_cards(self, cards: Iterable[Card]) -> int:
        """Add or renew by card id; the number of rows that changed."""

    def add_variants(self, variants: Sequence[Variant]) -> int:
        """Cards made from others. Raises CatalogRejected when the other does not exist."""

    def upsert_products(self, products: pl.DataFrame) -> int:
        """Append what the same actor has not said before. Raises CatalogRejected."""

    def products_of(self, source: str) -> list[str]:
        """The products of a source that are mapped to a card, in order."""

    def card_facts(self) -> Sequence[CardFact]:
        """What titles are compared with, of every card."""

    def hot_products(self, source: str, *, since: datetime, limit: int) -> list[str]:
        """Products of the cards with most sales since then, the most traded first."""

    def refresh_search(self) -> None:
        """Bring the search's documents in line with the cards."""

    def reference(self, source: str, listed: pl.DataFrame) -> Reference:
        """What a source's rows are checked against."""


class ReferenceFiles(Protocol):
    """Catalog and product map as files."""

    def catalog(self, path: Path) -> tuple[list[CardSet], list[Card]]:
        """Sets and cards of a file or folder. Raises CatalogRejected or FileUnreadable."""

    def product_map(self, path: Path) -> tuple[list[Variant], pl.DataFrame]:
        """Variants and products of a file or folder. Raises CatalogRejected."""


class Ledger(Protocol):
    """What each job did for a source and day."""

    def note(
        self,
        source: str,
        day: date,
        job: str,
        *,
        read: int,
        written: int,
        quarantined: int,
        first: date | None = None,
    ) -> None:
        """Replace the row of (source, day, job); `first` begins the window that a fetch asked."""

    def last_day(self, source: str, job: str, *, before: date) -> date | None:
        """The newest day before that for which the job was done; None if there is none."""


class Cursors(Protocol):
    """How far each source was read."""

    def position(self, source: str, stream: str = "") -> str | None:
        """Where the source was read to, as it counts; None before the first time."""

    def first_asked(self, source: str) -> date | None:
        """The first day that any fetch of the source asked for."""

    def move(self, source: str, position: str, stream: str = "") -> None:
        """Note where it was read to, in this transaction."""


class Quarantine(Protocol):
    """Refused rows, kept one by one."""

    def keep(self, source: str, rejects: pl.DataFrame, keys: Mapping[str, str]) -> int:
        """Add rejects that are not there yet; the number added."""

    def resolve(self, source: str, accepted: pl.Series) -> int:
        """Close those that were taken after all; the number closed."""


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows new, with changed content, with only an earlier knowledge time."""

    touched: pl.DataFrame  # card_id, grade_code, and the days from `day` to `through`
    added: int = 0
    corrected: int = 0
    known_earlier: int = 0
    unchanged: int = 0
    revoked: int = 0  # of all these, sales that their source has cancelled since

    @property
    def written(self) -> int:
        """Rows that are new or told something new."""
        return self.added + self.corrected + self.known_earlier


class PriceStore(Protocol):
    """Trades and reported prices."""

    def merge_trades(self, records: pl.DataFrame) -> Merged:
        """Set-based: new sales in, changed ones corrected with a revision each."""

    def merge_reports(self, records: pl.DataFrame) -> Merged:
        """Set-based: figures not seen before in."""

    def trade_versions(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """Every version of every sale of the instruments, as VERSIONS."""

    def report_versions(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """Every version of every reported figure of the instruments, as VERSIONS."""

    def month(self, table: str, month: date) -> pl.DataFrame:
        """One month of `trades`, `prices_daily` or `quotes`, in key order."""


class VerdictStore(Protocol):
    """Outlier verdicts, append-only."""

    def by_rule(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What the rule has said of the instruments' prices, as VERDICTS."""

    def standing(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What counts: the rule's verdicts until a person's, as VERDICTS."""

    def append(self, verdicts: pl.DataFrame) -> int:
        """Add changes of verdict, as VERDICTS."""


class Price(NamedTuple):
    """One sale (`trade`) or reported figure (`report`), as it is believed now."""

    subject: str
    key: int
    card_id: str
    grade_code: str
    event_at: datetime
    known_at: datetime
    content: str | None  # of a sale, what is believed of it, as JSON


class Turn(NamedTuple):
    """That a sale was `revoked` or `reinstated`, and from when this is known."""

    action: str
    known_at: datetime


class ByHand(Protocol):
    """What persons say of single prices, append-only."""

    def price(self, subject: str, key: int) -> Price | None:
        """The sale (`trade`) or figure (`report`) as it is believed now."""

    def days(self, price: Price) -> pl.DataFrame:
        """card_id, grade_code and day of everything that was ever believed of it."""

    def last_turn(self, trade_id: int) -> Turn | None:
        """The newest revocation or reinstatement of a sale."""

    def revise(self, price: Price, turn: Turn, *, reason: str, actor: str) -> None:
        """Append a revocation or reinstatement."""

    def judge(
        self, price: Price, verdict: str, *, known_at: datetime, reason: str, actor: str
    ) -> None:
        """Append a verdict."""


class ProductMap(Protocol):
    """What a person says of products, append-only, and what follows from it."""

    def cards_like(self, card_id: str) -> list[str]:
        """The card itself and others that begin like it, a few."""

    def knows_grade(self, grade_code: str) -> bool:
        """Whether it is a code of the grading scales."""

    def supersede(self, remap: Remap) -> int:
        """Append the new version, and the end of the one before; 0 where it stands already."""

    def move_sales(self, remap: Remap) -> tuple[int, pl.DataFrame]:
        """Correct the product's sales since then, a revision each; how many, and the
        card_id, grade_code and day of all that this touches."""

    def refused_days(self, source: str, product: str) -> list[date]:
        """Run days of the source that have refused rows of the product."""


class Divergences(Protocol):
    """Flags on instruments whose prices cannot all be right, each with its knowledge time."""

    def medians(self, as_of: date, days: int) -> pl.DataFrame:
        """What each source told of the days up to and with `as_of`, as MEDIANS."""

    def closes(self, as_of: date, days: int) -> pl.DataFrame:
        """The newest raw and psa10 closes of those days, as CLOSES."""

    def last_as_of(self) -> date | None:
        """The newest day flags were raised or taken back for."""

    def newest_day(self) -> date | None:
        """The newest day that has a bar."""

    def flagged(self) -> pl.DataFrame:
        """card_id and grade_code of the instruments flagged now."""

    def settle(
        self, found: pl.DataFrame, *, as_of: date, now: datetime
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Raise flags that are not up, take back those not found; the instruments of each."""


class BarStore(Protocol):
    """Daily bars and their past versions."""

    def of_days(self, days: pl.DataFrame) -> pl.DataFrame:
        """All versions of the bars of the instrument-days, as BAR_VERSIONS."""

    def replace(self, gone: pl.DataFrame, come: pl.DataFrame) -> None:
        """Remove and add versions of bars, all as BAR_VERSIONS."""


class WorkSet(Protocol):
    """The dirty set, as frames with card_id, grade_code, day, as_of, through and generation.

    The work is on all days from `day` to `through`, which is `day` or later in the same month.
    """

    def claim(self, name: str) -> None:
        """Let one run at a time do work of this name, until this transaction ends."""

    def pending(self, stage: str) -> pl.DataFrame:
        """All work of a stage, with the generation judged in `judged`."""

    def mark(self, stage: str, rows: pl.DataFrame, *, judged: bool = False) -> int:
        """Add work in this transaction."""

    def judge(self, rows: pl.DataFrame) -> int:
        """Note that the outliers of these generations were judged."""

    def clear(self, stage: str, rows: pl.DataFrame) -> int:
        """Remove what was done where the generation is unchanged."""


class Partitions(Protocol):
    """Month partitions of the three big tables."""

    def ensure(self, table: str, days: Collection[date]) -> int:
        """Make those of the days' months that are missing; the number made."""


class Backfills(Protocol):
    """Plans of backfills and how far they are done."""

    def runs(self, sources: Sequence[str], first: date, last: date) -> list[Run]:
        """What the ledger tells of runs that asked for any of the days."""

    def keep(self, backfill_id: str, request: BackfillRequest, planned: Sequence[Step]) -> bool:
        """Store the plan of an id that has none; whether it was stored now."""

    def request(self, backfill_id: str) -> BackfillRequest | None:
        """What was asked for under an id; None for an unknown one."""

    def open_steps(self, backfill_id: str) -> list[Step]:
        """What is not done yet, in order of days; what failed is tried again."""

    def note(
        self,
        backfill_id: str,
        step: Step,
        *,
        state: str,
        reason: str = "",
        read: int = 0,
        added: int = 0,
    ) -> None:
        """How a step ended."""

    def outcome(self, backfill_id: str) -> tuple[dict[str, int], list[str]]:
        """Counts of the whole backfill, and a line for each step that failed."""

    def finish(self, backfill_id: str) -> None:
        """Note that everything is done."""

    def rows_stored(self, request: BackfillRequest) -> int:
        """Sales and figures of the sources that the tables hold of these days."""

    def price_days(self, request: BackfillRequest) -> pl.DataFrame:
        """Days of the instruments with a price: all of them, or those without a bar."""


class Fingerprint(NamedTuple):
    """How many rows a month of a table has, and a digest of them that knows no order."""

    rows: int
    digest: int


class Archive(Protocol):
    """Months of the tables of prices that are put away."""

    def old_months(self, table: str, before: date) -> list[date]:
        """Attached months before that day's, the oldest first."""

    def fingerprint(self, table: str, month: date) -> Fingerprint:
        """What the month holds now."""

    def rows(self, table: str, month: date) -> pl.DataFrame:
        """Every column of a month's rows in key order."""

    def detach(self, table: str, month: date, told: Fingerprint, *, key: str, sha256: str) -> str:
        """`archived`, if the month still is what was read; else `busy` or `changed`."""

    def attach(self, table: str, days: Collection[date]) -> int:
        """Make archived months of these days part of the table again; how many."""

    def settled_before(self) -> date | None:
        """Verdicts on prices before this day are not judged again; None where nothing is away."""


class ArchiveZone(Protocol):
    """Whole rows of archived months, as parquet."""

    def write(self, table: str, month: date, rows: pl.DataFrame) -> tuple[str, str]:
        """Write the month's object whole; its key, and the SHA-256 of what was sent."""

    def read(self, key: str) -> tuple[pl.DataFrame, str]:
        """The rows of an object, and the SHA-256 of what the lake gave."""


class CloseTopic(Protocol):
    """Who listens for changed closes."""

    def publish(self, message: Mapping[str, object]) -> None:
        """Send one message, at least once. Raises Unavailable."""


class Sweeper(Protocol):
    """Takes back the room of dead rows."""

    def sweep(self, *, within_s: float) -> tuple[list[str], int]:
        """Tables that were done, and how many are left to another night."""


class FactStore(Protocol):
    """What is known beside prices, append-only. Frames as in domain/facts.py."""

    def watched(self, day: date, most: int) -> list[Watched]:
        """The cards sold in the year before the day, those with most sales first."""

    def specs(self, source: str) -> dict[str, str]:
        """The card of each product of a source, as mapped now."""

    def add(self, table: str, rows: pl.DataFrame, *, source: str, known_at: datetime) -> int:
        """Add what differs from what was known before; the number added."""


class SeriesCache(Protocol):
    """Series that readers keep; outside the transaction, so asked after its commit."""

    def forget(self, instruments: Sequence[Instrument]) -> None:
        """Take out what is kept of these. Never raises for a cache that is away."""


class Baselines(Protocol):
    """What a run is compared with; each question is a transaction of its own."""

    def nights(self, source: str, day: date) -> Nights:
        """Rows read by the source's loads in the month before the day."""

    def usual_prices(self, instruments: pl.DataFrame, day: date) -> pl.DataFrame:
        """card_id, grade_code and usual_cents of those that had a price before the day."""


@dataclass(frozen=True)
class Yardstick:
    """What records are held against before any table is touched, and where the outcome is kept."""

    baselines: Baselines
    contract: Callable[[str], Contract]
    run: Callable[[str, pl.DataFrame, Sequence[Expectation]], Sequence[Checked]]
    keep_report: Callable[[str, str], None]  # key in the trusted zone, HTML


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
    archived: ArchiveZone


Units = Callable[[], AbstractContextManager[Unit]]  # each a transaction of its own
