"""Finds the numbers a title gives a card: 4/102, TG05/TG30, SWSH262, #4, or a bare 4."""

import re
from typing import NamedTuple


class Fraction(NamedTuple):
    """`4/102`, both parts without leading zeros."""

    number: str
    total: str


class Numbers(NamedTuple):
    """What was found, and the text without it; bare numbers stay in the text."""

    fractions: frozenset[Fraction]
    coded: frozenset[str]  # with a prefix of letters, which names the set: swsh262, svp56
    hashed: frozenset[str]
    bare: frozenset[str]
    rest: str


FRACTION = re.compile(
    r"(?<![\w./])#?\s?([a-z]{0,4}\d{1,3}[a-z]?)\s?/\s?([a-z]{0,4}\d{1,3}|s-p|sm-p)(?![\w])"
)
CODED = re.compile(
    r"(?<![\w/])#?(?:(svp|mep|swsh|hgss)[\s-]*(?:en\s*)?#?(\d{1,3})"
    r"|(swsh|sm|xy|bw|dp|sv|tg|gg|rc|sl|sh|h)(\d{1,3}[a-z]?))(?![\w/])"
)
CODED_BEHIND = re.compile(r"(?<![\w/#])#?(\d{1,3})\s+(svp|mep)\b")
HASHED = re.compile(r"#\s?([a-z]{0,4}\d{1,3}[a-z]?)(?!\w)")
BARE = re.compile(r"(?<![\w.#/])(\d{1,3}[a-z]?)(?![\w./])")
LEADING = re.compile(r"^([a-z]*)0*(\d.*)$")


def bare_number(text: str) -> str:
    """`TG05` is tg5, `020` is 20: how numbers are compared."""
    found = LEADING.match(text.lower())
    return f"{found[1]}{found[2]}" if found else text.lower()


def read_numbers(text: str) -> Numbers:
    """The numbers of a plain title from which its grade was taken."""
    fractions = frozenset(
        Fraction(bare_number(found[1]), bare_number(found[2])) for found in FRACTION.finditer(text)
    )
    rest = FRACTION.sub(" | ", text)
    coded = {
        bare_number(f"{found[1] or found[3]}{found[2] or found[4]}")
        for found in CODED.finditer(rest)
    } | {bare_number(f"{found[2]}{found[1]}") for found in CODED_BEHIND.finditer(rest)}
    rest = CODED_BEHIND.sub(" | ", CODED.sub(" | ", rest))
    hashed = frozenset(bare_number(found[1]) for found in HASHED.finditer(rest))
    rest = HASHED.sub(" | ", rest)
    bare = frozenset(bare_number(found[1]) for found in BARE.finditer(rest))
    return Numbers(fractions, frozenset(coded), hashed, bare, rest)
