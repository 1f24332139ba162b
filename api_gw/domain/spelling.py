"""Chooses which known words a misspelt one may mean. Pure; candidates come from the vocabulary."""

from collections.abc import Iterable
from typing import NamedTuple

MAX_MEANINGS = 3


class Candidate(NamedTuple):
    """A word of the vocabulary and on how many cards it stands."""

    word: str
    cards: int


def edits(a: str, b: str) -> int:
    """Letters to insert, drop, change or swap with a neighbour to make b of a."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, last, row = row, before, [i] + [0] * len(b)
        for j, other in enumerate(b, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


def tolerated(word: str) -> int:
    """How many slips we believe in a word of this length."""
    return 1 if len(word) <= 4 else 2 if len(word) <= 8 else 3


def meanings(word: str, candidates: Iterable[Candidate], *, unfinished: bool) -> tuple[str, ...]:
    """The nearest known words, commonest first; none if all are too far.

    `unfinished`: more letters may follow, so the beginning of a candidate counts as well, after
    whole words that are as near.
    """
    found: list[tuple[float, int, str]] = []
    for known, cards in candidates:
        distance: float = edits(word, known)
        if unfinished and len(known) > len(word):
            distance = min(distance, edits(word, known[: len(word)]) + 0.5)
        if distance <= tolerated(word):
            found.append((distance, -cards, known))
    found.sort()
    return tuple(known for distance, _, known in found if distance == found[0][0])[:MAX_MEANINGS]
