"""A card as the API shows it. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from kernel.series import Kind


@dataclass(frozen=True)
class CardSummary:
    """What a list shows of one card."""

    card_id: str
    name: str
    set_id: str
    set_name: str
    number: str
    printed_total: int | None
    release_date: date | None
    rarity: str | None
    supertype: str | None
    edition: str
    finish: str
    language: str
    image_small: str | None


@dataclass(frozen=True)
class CardDetails(CardSummary):
    """What the card's own page shows of it."""

    game: str
    series: str | None
    subtypes: tuple[str, ...]
    artist: str | None
    image_large: str | None


class Close(NamedTuple):
    """The newest close of a card in one grade, US cents, and the series it is of."""

    grade_code: str
    series: Kind
    day: date
    close_cents: int


@dataclass(frozen=True)
class Found:
    """One page of a search. `matched_all`: every card has every word, not only some of them.

    `closes` are those of this page's cards, by card id, the dearest first.
    """

    cards: tuple[CardSummary, ...]
    total: int
    corrected: str | None = None
    matched_all: bool = True
    closes: Mapping[str, tuple[Close, ...]] = field(default_factory=dict)
