"""Cards and sets as the catalog knows them, and the text people search them by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kernel.ids import CardId, card_id

FIRST_EDITION = "1st"


@dataclass(frozen=True)
class CardSet:
    """A set of cards. `code` is the short code players type, PTCGO's."""

    set_id: str
    name: str
    game: str = "pokemon"
    series: str | None = None
    release_date: date | None = None
    printed_total: int | None = None
    total: int | None = None
    code: str | None = None


@dataclass(frozen=True)
class Card:
    """One printing of one item."""

    card_id: CardId
    card_set: CardSet
    name: str
    number: str
    edition: str = "unlimited"
    finish: str = "default"
    language: str = "en"
    rarity: str | None = None
    supertype: str | None = None
    subtypes: Sequence[str] = ()
    artist: str | None = None
    image_small: str | None = None
    image_large: str | None = None


@dataclass(frozen=True)
class Variant:
    """Another printing of a catalog card: an edition or a finish, and how one knows it exists."""

    catalog_id: str
    variant: str
    edition: str
    finish: str
    evidence: str

    @property
    def card_id(self) -> CardId:
        """`base1-4~1st`."""
        return card_id(self.catalog_id, self.variant)


def finish_of(catalog_id: str, set_id: str, number: str) -> str:
    """`default`, unless the id's own tail says that the number is shared.

    A few real cards carry a number that another card of the set has too (cel25c-15_A1 to _A4,
    zsv10pt5-80 with number 60). Their tail becomes the finish, so that both stay, and which of
    them is the default does not depend on the order of loading.
    """
    tail = catalog_id.removeprefix(f"{set_id}-")
    return "default" if tail == number else f"default-{tail}"


def of_variant(base: Card, variant: Variant) -> Card:
    """The card of another printing: all as the base but its identity."""
    return replace(base, card_id=variant.card_id, edition=variant.edition, finish=variant.finish)
