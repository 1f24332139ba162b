"""Cards and sets as the catalog knows them, and the text people search them by."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
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


def plain(text: str) -> str:
    """Lower case without accents: what people type. Signs such as & stay."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def search_text(card: Card) -> str:
    """Words people find a card by: name, number, number/printed total, set, rarity, subtypes."""
    numbers = [card.number]
    if card.card_set.printed_total is not None:
        numbers.append(f"{card.number}/{card.card_set.printed_total}")
    printing = [word for word in (card.edition, card.finish) if word in PRINTINGS]
    said = [
        card.name,
        *numbers,
        card.card_set.name,
        card.card_set.set_id,
        card.card_set.code or "",
        card.rarity or "",
        *card.subtypes,
        *(PRINTINGS[word] for word in printing),
    ]
    words = re.sub(r"\s+", " ", plain(" ".join(said))).strip().split(" ")
    return " ".join(dict.fromkeys(words))


PRINTINGS: Mapping[str, str] = {FIRST_EDITION: "1st first edition", "reverse": "reverse holo"}
