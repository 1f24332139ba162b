"""Identities: cards, grades, instruments, and the 64-bit hash keys of sales."""

import hashlib
import re
from typing import NamedTuple, NewType

CardId = NewType("CardId", str)
GradeCode = NewType("GradeCode", str)

DEFAULT_LANGUAGE = "en"

# "~" separates the variant; the catalog's own ids use letters, digits, dot and dash.
CARD_ID = re.compile(r"^[A-Za-z0-9.!?_\-]+(~[a-z0-9\-]+(~[a-z]{2})?)?$")


class Instrument(NamedTuple):
    """One (card, grade): the thing that has a price."""

    card_id: CardId
    grade_code: GradeCode

    def __str__(self) -> str:
        return f"{self.card_id}:{self.grade_code}"


def card_id(
    catalog_id: str, variant: str | None = None, language: str = DEFAULT_LANGUAGE
) -> CardId:
    """`base1-4`, or `base1-4~1st` for another printing, `base1-4~1st~ja` for another language."""
    if variant is None and language == DEFAULT_LANGUAGE:
        return CardId(catalog_id)
    parts = [catalog_id, variant or "default"]
    if language != DEFAULT_LANGUAGE:
        parts.append(language)
    return CardId("~".join(parts))


def is_card_id(text: str) -> bool:
    """Whether the text has the form of a card id; says nothing about whether the card exists."""
    return CARD_ID.fullmatch(text) is not None


def hash64(*parts: object) -> int:
    """A signed 64-bit key of the parts, stable across machines and releases.

    About 3e-6 expected collisions among ten million keys; fits a PostgreSQL bigint.
    """
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
