"""Scores what a post says, by a list of words; every score shows the words that made it. No I/O.

A word's points are turned round by a negation before it ("not worth it"), raised by emphasis
("SO cheap!") and lowered by a hedge ("kind of cheap"). A post's score is the sum of its points,
bent into -1..1, so that a long rant counts as one loud voice and not as many.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import NamedTuple

TOKEN = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[\U0001F300-\U0001FAFF\u2600-\u27BF]|[!?.,;]", re.I)
STOPS = frozenset(".,;?!")
REACH = 3  # words before a word in which a negation or an emphasis still speaks of it
TURNED = -0.75  # "not great" is less bad than "terrible"
CAPITALS = 1.25
SHOUT = 0.1  # for each of up to three exclamation marks at the end
BEND = 4.0  # a sum of points as large as this gives a score of 0.71
MIN_SCORE = 0.1  # a post nearer to 0 is neither for nor against


@dataclass(frozen=True)
class Lexicon:
    """Points of words and phrases, and the words that change those of others."""

    points: Mapping[str, float]
    emphasis: Mapping[str, float]  # factor; below 1 it is a hedge
    negations: frozenset[str]

    @property
    def longest(self) -> int:
        """Words in the longest phrase."""
        return max((len(phrase.split()) for phrase in self.points), default=1)


class Word(NamedTuple):
    """A word as it was read, with what stood before it, and the points it gave."""

    said: str
    points: float


@dataclass(frozen=True)
class Score:
    """-1 to 1, and the words that made it."""

    value: float
    words: tuple[Word, ...]


def score(text: str, lexicon: Lexicon) -> Score:
    """What a post says. No known word: 0 and no words."""
    said = TOKEN.findall(text)
    plain = [token.lower().replace("’", "'") for token in said]
    loud = any(token.islower() for token in said)  # else all is in capitals, and they say nothing
    words: list[Word] = []
    at = 0
    while at < len(plain):
        size = _match(plain, at, lexicon)
        if not size:
            at += 1
            continue
        words.append(_read(said, plain, at, size, lexicon, capitals_count=loud))
        at += size
    total = sum(word.points for word in words)
    return Score(round(total / hypot(total, BEND), 4), tuple(words))


def _match(plain: list[str], at: int, lexicon: Lexicon) -> int:
    """How many words from here on are one phrase of the list: the longest there is."""
    for size in range(min(lexicon.longest, len(plain) - at), 0, -1):
        if " ".join(plain[at : at + size]) in lexicon.points:
            return size
    return 0


def _read(
    said: list[str], plain: list[str], at: int, size: int, lexicon: Lexicon, *, capitals_count: bool
) -> Word:
    phrase = " ".join(plain[at : at + size])
    points, shown = lexicon.points[phrase], phrase
    for before in reversed(_before(plain, at)):
        if before in lexicon.negations:
            points, shown = points * TURNED, f"{before} .. {shown}"
        elif before in lexicon.emphasis:
            points, shown = points * lexicon.emphasis[before], f"{before} {shown}"
    letters = [token for token in said[at : at + size] if token.isalpha()]
    if capitals_count and letters and all(len(t) > 1 and t.isupper() for t in letters):
        points, shown = points * CAPITALS, shown.replace(phrase, phrase.upper())
    marks = _marks(plain, at + size)
    return Word(shown + "!" * marks, round(points * (1 + SHOUT * marks), 3))


def _before(plain: list[str], at: int) -> list[str]:
    """The words just before, back to the last stop."""
    near = plain[max(at - REACH, 0) : at]
    stops = [index for index, token in enumerate(near) if token in STOPS]
    return near[stops[-1] + 1 :] if stops else near


def _marks(plain: list[str], at: int) -> int:
    """Exclamation marks that end the sentence the word is in, three at most."""
    end = next((i for i in range(at, len(plain)) if plain[i] in ".?!"), len(plain))
    marks = 0
    while end + marks < len(plain) and plain[end + marks] == "!" and marks < 3:
        marks += 1
    return marks
