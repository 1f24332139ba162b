"""Owns how much people look for a card and what they make of it: its fashion. Pure.

The terms are `<card name> <set name>`; cards of one set with one name share a term.
"""

from dataclasses import dataclass

import numpy as np

from stack.simulator.history import FIRST_DAY, History
from stack.simulator.universe import EPOCH, Floats, Ints, Universe

FAME_STREAM = 7
FIRST = (FIRST_DAY - EPOCH).days
USUAL_DRIFT = 0.0037  # log return a day: one standard deviation of what fashion adds
SEARCH_PULL, SEARCH_NOISE = 0.5, 0.12  # log interest for one deviation of drift; of a day
MOOD_PULL = 0.8  # how much of the drift's sign shows in what people say


@dataclass(frozen=True)
class Fame:
    """Of one term: by day from `first`, its searches (any unit) and its mood, -1 to 1."""

    first: int
    interest: Floats
    mood: Floats
    sold_a_day: float


def terms_of(universe: Universe) -> dict[str, Ints]:
    """The cards (rows of the universe) behind each term."""
    found: dict[str, list[int]] = {}
    for at, product in enumerate(universe.products):
        found.setdefault(f"{product.name} {product.set_name}", []).append(at)
    return {term: np.array(cards, np.int64) for term, cards in found.items()}


def fame_of(cards: Ints, universe: Universe, history: History) -> Fame:
    """Before the set's release nobody looks for it; the same seed, the same interest."""
    drift = history.drifts[:, cards].mean(axis=1) / USUAL_DRIFT
    days = FIRST + np.arange(len(drift))
    rng = np.random.default_rng([history.seed, FAME_STREAM, int(cards[0])])
    noise = SEARCH_NOISE * rng.standard_normal(len(drift))
    age = days - int(universe.release[cards[0]])
    new = np.where(age >= 0, 1.0 + 2.0 * np.exp(-np.maximum(age, 0) / 45.0), 0.0)
    return Fame(
        first=FIRST,
        interest=np.exp(SEARCH_PULL * drift + noise) * new,
        mood=np.tanh(MOOD_PULL * drift),
        sold_a_day=float(universe.rate[cards, 0].sum()),
    )
