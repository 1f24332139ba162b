"""Reads a typed search: words, collector numbers, treatments, and the grade it names. Pure."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from api_gw.domain.collectors_words import LONGEST_SAYING, NICKNAMES, NOISE, TREATMENTS
from api_gw.domain.folding import fold, fold_number
from api_gw.domain.spelling import edits

SLIPS_FROM = 4  # in a shorter word one slip makes another word
MAX_WORDS = 12  # the longest card name has eight

GRADE = re.compile(r"\b(psa|cgc|bgs|sgc)[\s-]*(10|[1-9](?:\.5)?)(?![\w.])")
PRINTED = re.compile(r"#?\b([a-z]{0,5}\d{1,4}[a-z]?)\s*/\s*([a-z]{0,5}\d{1,4})?")
HASHED = re.compile(r"#\s*([a-z]{0,5}\d{1,4}[a-z]?)\b")
APART = re.compile(r"\b(swsh|tg|gg|rc)\s+(\d{1,3})\b")  # prefixes that go with the number
NUMBER_LIKE = re.compile(r"^[a-z]{0,5}\d{1,4}[a-z]?$")


class PrintedNumber(NamedTuple):
    """A collector number and, if said, the printed total, both folded."""

    number: str
    total: str | None


@dataclass(frozen=True)
class Query:
    """What somebody typed, taken apart."""

    words: tuple[str, ...]
    treatments: tuple[str, ...] = ()
    printed: PrintedNumber | None = None
    grade: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it can be looked for."""
        return not self.words and not self.has_more_than_words

    @property
    def has_more_than_words(self) -> bool:
        """Whether it says a number or a treatment."""
        return bool(self.treatments or self.printed)


def parse(text: str) -> Query:
    """Take a typed search apart. Never fails: what means nothing is left out."""
    rest = text.lower()
    graded = GRADE.search(rest)
    rest = APART.sub(r"\1\2", GRADE.sub(" ", rest))
    written = PRINTED.search(rest) or HASHED.search(rest)
    printed = None
    if written is not None:
        rest = rest[: written.start()] + " " + rest[written.end() :]
        total = written[2] if written.re is PRINTED else None
        printed = PrintedNumber(fold_number(written[1]), fold_number(total) if total else None)
    words, treatments = without_treatments(fold(rest).split()[:MAX_WORDS])
    said = [word for nickname in words for word in NICKNAMES.get(nickname, (nickname,))]
    return Query(
        # Noise is looked for when there is nothing else, or not at all.
        words=tuple(word for word in said if word not in NOISE) or tuple(said),
        treatments=tuple(dict.fromkeys(treatments)),
        printed=printed,
        grade=graded[1] + graded[2] if graded else None,
    )


def without_treatments(words: list[str]) -> tuple[list[str], list[str]]:
    """The words that are no treatment, and the lexemes of those that are."""
    left: list[str] = []
    lexemes: list[str] = []
    place = 0
    while place < len(words):
        saying = saying_at(words, place)
        if saying:
            lexemes += TREATMENTS[saying]
        else:
            left.append(words[place])
        place += len(saying) or 1
    return left, lexemes


def saying_at(words: list[str], place: int) -> tuple[str, ...]:
    """The longest known treatment that stands here, a slip of the pen allowed; empty for none."""
    for length in range(LONGEST_SAYING, 0, -1):
        here = tuple(words[place : place + length])
        if here in TREATMENTS:
            return here
        for saying in TREATMENTS:
            if length > 1 and len(here) == len(saying) == length and is_meant(saying, here):
                return saying
    return ()


def is_meant(saying: tuple[str, ...], typed: tuple[str, ...]) -> bool:
    """Whether each word is right or, if long enough to tell, one slip away."""
    return all(
        said == word or (len(said) >= SLIPS_FROM and edits(said, word) <= 1)
        for said, word in zip(saying, typed, strict=True)
    )


def is_number_like(word: str) -> bool:
    """Whether the word may be a collector number, such as 188, tg23 or swsh020."""
    return NUMBER_LIKE.match(word) is not None
