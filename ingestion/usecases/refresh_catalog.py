"""Brings the catalog to what the catalog's API says, asking only for what has changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.records import Receipt, Window
from ingestion.ports.unit import Units
from ingestion.usecases.load_catalog import load_catalog


class CatalogApi(Protocol):
    """Where sets and cards are told."""

    @property
    def source(self) -> str:
        """The name its raw parts and its cursor stand under."""

    def collect(self, window: Window, since: str | None) -> Receipt:
        """All sets, and the cards of those changed since the cursor, as received."""

    def read(self, receipt: Receipt) -> tuple[list[CardSet], list[Card]]:
        """Sets and cards of what was received."""

    def asked(self, receipt: Receipt, since: str | None) -> list[str]:
        """The sets whose cards were asked for since the cursor."""

    def position(self, receipt: Receipt) -> str | None:
        """Where the cursor stands after it."""


# Looks at the catalog before anything is written: sets, cards, and whose cards were asked for.
CheckCatalog = Callable[
    [str, date, Sequence[CardSet], Sequence[Card], Sequence[str]], Mapping[str, object]
]


def unchecked_catalog(
    source: str, day: date, sets: Sequence[CardSet], cards: Sequence[Card], asked: Sequence[str]
) -> Mapping[str, object]:
    """No further check."""
    return {}


def refresh_catalog(
    units: Units,
    api: CatalogApi,
    day: date,
    *,
    whole: bool,
    now: datetime,
    check: CheckCatalog = unchecked_catalog,
) -> Mapping[str, object]:
    """Raw parts, catalog, ledger and cursor in one transaction; `whole` forgets the cursor.

    What `check` refuses leaves nothing behind.
    """
    with units() as unit:
        since = None if whole else unit.cursors.position(api.source)
    # Asking takes minutes, and a transaction must not idle for so long.
    receipt = api.collect(Window(day, day), since)
    sets, cards = api.read(receipt)
    checked = check(api.source, day, sets, cards, api.asked(receipt, since))
    with units() as unit:
        unit.raw.store(receipt, fetched_at=now)
        told = load_catalog(unit, sets, cards)
        unit.ledger.note(
            api.source,
            day,
            "refresh_catalog",
            read=len(cards),
            written=_changed(told),
            quarantined=0,
        )
        stands = api.position(receipt)
        if stands is not None:
            unit.cursors.move(api.source, stands)
    return {"since": since, "through": stands, **told, **checked}


def _changed(told: Mapping[str, object]) -> int:
    return sum(int(str(told[name])) for name in ("sets_changed", "cards_changed"))
