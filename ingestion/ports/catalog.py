"""Sets, cards, and which product is which card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from ingestion.domain.catalog import Card, CardSet, Variant
from ingestion.domain.identities import Reference
from ingestion.domain.remapping import Remap
from ingestion.domain.titles.index import CardFact


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

    def upsert_products(self, products: pl.DataFrame) -> list[tuple[str, str]]:
        """Append what the same actor has not said before; source and product of each row added.

        Raises CatalogRejected.
        """

    def products(self, mapped_as: str, *, sold_by: str | None = None) -> pl.DataFrame:
        """What a map says of products to whom reads the source `sold_by`, as PRODUCTS."""

    def products_of(self, source: str) -> list[str]:
        """The products of a source that are mapped to a card, in order."""

    def card_facts(self) -> Sequence[CardFact]:
        """What titles are compared with, of every card."""

    def hot_products(self, source: str, *, since: datetime, limit: int) -> list[str]:
        """Products of the cards with most sales since then, the most traded first."""

    def refresh_search(self) -> None:
        """Bring the search's documents in line with the cards."""

    def reference(
        self, mapped_as: str, listed: pl.DataFrame, *, sold_by: str | None = None
    ) -> Reference:
        """What the rows of the source `sold_by` are checked against, by the map `mapped_as`."""


class ReferenceFiles(Protocol):
    """Catalog and product map as files."""

    def catalog(self, path: Path) -> tuple[list[CardSet], list[Card]]:
        """Sets and cards of a file or folder. Raises CatalogRejected or FileUnreadable."""

    def product_map(self, path: Path) -> tuple[list[Variant], pl.DataFrame]:
        """Variants and products of a file or folder. Raises CatalogRejected."""


@dataclass(frozen=True)
class Moved:
    """Prices that turned out to be of another card."""

    sales: int
    figures: int
    touched: pl.DataFrame  # card_id, grade_code and day of where they were and where they are


class ProductMap(Protocol):
    """What a person says of products, append-only, and what follows from it."""

    def learned(self, source: str, *, since: datetime | None) -> pl.DataFrame:
        """Rows of the map known after that (None: all of them): what they say, and when."""

    def cards_like(self, card_id: str) -> list[str]:
        """The card itself and others that begin like it, a few."""

    def knows_grade(self, grade_code: str) -> bool:
        """Whether it is a code of the grading scales."""

    def supersede(self, remap: Remap) -> int:
        """Append the new version, and the end of the one before; 0 where it stands already."""

    def archived_days(
        self, remap: Remap, sources: Sequence[str], printings: Sequence[str]
    ) -> list[date]:
        """Days in archived months of prices that `move_prices` would correct."""

    def move_prices(self, remap: Remap, sources: Sequence[str], printings: Sequence[str]) -> Moved:
        """Correct what the sources told of the product since then, known now.

        `printings` are those the sources' variants mean. Raises CardUnknown.
        """

    def refused_days(self, source: str, product: str) -> list[date]:
        """Run days of the source that have refused rows of the product."""
