"""Owns the labelled titles and the excerpt of the catalog that they are about."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ingestion.domain.titles.index import CardFact, TitleIndex, title_index
from ingestion.domain.titles.matcher import Abstention, Match

HERE = Path(__file__).parent
HALVES = ("held_out", "tuned")
Z95 = 1.959964  # the normal quantile of a two-sided 95 % interval


class Labelled(NamedTuple):
    """A title and what it is: a card and grade, or the reason for which nobody can say."""

    title: str
    card_id: str
    grade_code: str
    abstains: str
    adversarial: str


class Score(NamedTuple):
    """How answers compare with labels, as counts."""

    answered: int
    right: int
    answerable: int
    reasons_right: int
    unanswerable: int
    wrong: Sequence[str]
    missed: Sequence[str]


class Measure(NamedTuple):
    """A share of the labelled titles with its 95 % interval."""

    name: str
    hits: int
    of: int
    share: float
    low: float
    high: float


def labelled(half: str) -> list[Labelled]:
    """The titles of `held_out` or `tuned`."""
    return [Labelled(*row) for row in _rows(f"{half}.csv")]


def excerpt() -> list[CardFact]:
    """Cards of the excerpt with their further printings."""
    sets = {row[0]: row for row in _rows("sets.csv")}
    facts = [
        CardFact(
            card_id=card_id,
            name=name,
            number=number,
            edition="unlimited",
            finish="default",
            language="en",
            set_id=set_id,
            set_name=sets[set_id][1],
            code=sets[set_id][3] or None,
            printed_total=int(sets[set_id][2]),
        )
        for card_id, set_id, number, name in _rows("cards.csv")
    ]
    return [*facts, *printings(facts)]


def printings(facts: Iterable[CardFact]) -> list[CardFact]:
    """The further printings of these cards."""
    by_id = {fact.card_id: fact for fact in facts}
    return [
        by_id[base]._replace(card_id=f"{base}~{variant}", edition=edition, finish=finish)
        for base, variant, edition, finish, _ in _rows("variants.csv")
    ]


def excerpt_index() -> TitleIndex:
    return title_index(excerpt())


def score(titles: Sequence[Labelled], answers: Sequence[Match | Abstention]) -> Score:
    """Right is the very card and grade; an abstention is judged by its reason apart."""
    wrong, missed = [], []
    right = reasons = 0
    for label, answer in zip(titles, answers, strict=True):
        if isinstance(answer, Abstention):
            if label.card_id:
                missed.append(f"{label.title}: {answer.reason}, {answer.detail}")
            reasons += not label.card_id and answer.reason == label.abstains
        elif (answer.card_id, answer.grade_code) == (label.card_id, label.grade_code):
            right += 1
        else:
            wrong.append(f"{label.title}: {answer.card_id} {answer.grade_code}")
    return Score(
        answered=right + len(wrong),
        right=right,
        answerable=sum(bool(label.card_id) for label in titles),
        reasons_right=reasons,
        unanswerable=sum(not label.card_id for label in titles),
        wrong=wrong,
        missed=missed,
    )


def measures(found: Score) -> list[Measure]:
    """Precision of what is answered, recall of what could be, abstentions for the right reason."""
    shares = (
        ("precision", found.right, found.answered),
        ("recall", found.right, found.answerable),
        ("reasons", found.reasons_right, found.unanswerable),
    )
    return [Measure(name, hits, of, hits / of, *wilson(hits, of)) for name, hits, of in shares]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson."""
    share = hits / of
    middle = share + Z95**2 / (2 * of)
    spread = Z95 * math.sqrt(share * (1 - share) / of + Z95**2 / (4 * of**2))
    scale = 1 + Z95**2 / of
    return (middle - spread) / scale, (middle + spread) / scale


def _rows(name: str) -> list[list[str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]
