"""Cards of the past that looked alike, and what happened next: from weeks that are over."""

import io
import math
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.series import date_of

# What makes two cards alike: their place among all instruments of their day, robust z each.
TRAITS = tuple(
    f"z.{name}"
    for name in (
        "momentum_30",
        "momentum_90",
        "momentum_180",
        "drawdown_365",
        "volatility_365",
        "trades_90",
        "excess_90",
        "premium_raw_z",
    )
)
COLUMNS = [NAMES.index(name) for name in TRAITS]
MOST_KEPT = 6_000
NEAREST = 30  # of which the figures are
NAMED = 3  # of different cards
CHUNK = 256
NOBODY = -1


@dataclass(frozen=True)
class Library:
    """A row a case: who, when, its traits (0 where missing: as most are), log return after it."""

    cards: NDArray[np.str_]
    grades: NDArray[np.str_]
    days: Ints
    traits: Singles
    outcomes: Floats

    def to_bytes(self) -> bytes:
        """The same cases always give the same bytes."""
        body = io.BytesIO()
        for column in self.__dict__.values():
            np.save(body, column, allow_pickle=False)
        return body.getvalue()


@dataclass(frozen=True)
class Case:
    """A card of the past; `apart` is the root mean square of the traits' differences."""

    card_id: str
    grade_code: str
    day: date
    apart: float
    outcome: float


@dataclass(frozen=True)
class Alike:
    """The nearest cases of different cards, and what came of the NEAREST."""

    cases: tuple[Case, ...]
    nearest: int
    median: float
    risen: float


def library_of(body: bytes) -> Library:
    """What `to_bytes` made. Raises ValueError."""
    stream = io.BytesIO(body)
    return Library(*(np.load(stream, allow_pickle=False) for _ in Library.__annotations__))


def traits_of(inputs: Singles) -> Singles:
    """[n, T] of the classifier's inputs."""
    return np.nan_to_num(inputs[:, COLUMNS], nan=0.0)


def spread_over(rows: Ints) -> Ints:
    """At most MOST_KEPT of the rows, evenly."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_KEPT)).astype(np.int64)]


def alike(library: Library, traits: Singles, cards: list[str]) -> list[Alike | None]:
    """An entry a row; a card is no case of itself, as its own past overlaps with it."""
    if len(library.days) < NEAREST:
        return [None] * len(traits)
    found: list[Alike | None] = []
    known = library.traits.astype(np.float64)
    squares = (known**2).sum(axis=1)
    names, codes = np.unique(library.cards, return_inverse=True)
    places = {str(name): place for place, name in enumerate(names)}
    for begin in range(0, len(traits), CHUNK):
        rows = traits[begin : begin + CHUNK].astype(np.float64)
        apart = (rows**2).sum(axis=1)[:, None] + squares - 2.0 * (rows @ known.T)
        for row, card in zip(apart, cards[begin : begin + CHUNK], strict=True):
            row[codes == places.get(card, NOBODY)] = np.inf
            found.append(_alike(library, _first(row, NEAREST * NAMED), row))
    return found


def _first(values: Floats, count: int) -> Ints:
    """Places of the least values, as a stable sort of all has them in front."""
    if len(values) > count:
        near = np.flatnonzero(values <= np.partition(values, count - 1)[count - 1])
    else:
        near = np.arange(len(values))
    return near[np.argsort(values[near], kind="stable")][:count]


def _alike(library: Library, order: Ints, squares: Floats) -> Alike:
    named: dict[str, Case] = {}
    for place in order:
        card = str(library.cards[place])
        if card in named:
            continue
        named[card] = Case(
            card_id=card,
            grade_code=str(library.grades[place]),
            day=date_of(int(library.days[place])),
            apart=math.sqrt(max(squares[place], 0.0) / len(TRAITS)),
            outcome=float(library.outcomes[place]),
        )
        if len(named) == NAMED:
            break
    nearest = library.outcomes[order[:NEAREST]]
    return Alike(
        tuple(named.values()), NEAREST, float(np.median(nearest)), float((nearest > 0).mean())
    )
