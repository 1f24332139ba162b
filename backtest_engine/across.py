"""Values that look across instruments: rank, the index of a set, the premium of a grade."""

from collections.abc import Sequence

import numpy as np

from backtest_engine.arrays import Floats

LEAST_OF_A_SET = 3  # instruments with a value, for their median to say something of the set
BEST_GRADE, UNGRADED = "psa10", "raw"


def ranks(values: Floats) -> Floats:
    """(mean place - 0.5) / count among the known of each day; equals share their mean place."""
    found = np.full(values.shape, np.nan)
    for t in range(values.shape[1]):
        known = np.flatnonzero(~np.isnan(values[:, t]))
        ordered = np.sort(values[known, t])
        below = np.searchsorted(ordered, values[known, t], side="left")
        through = np.searchsorted(ordered, values[known, t], side="right")
        found[known, t] = (below + through) / 2 / max(len(known), 1)
    return found


def of_sets(values: Floats, sets: Sequence[str]) -> Floats:
    """The median of each set's known values, for each of its instruments."""
    found = np.full(values.shape, np.nan)
    named = np.array(sets)
    for name in np.unique(named):
        rows = np.flatnonzero(named == name)
        members = values[rows]
        enough = np.count_nonzero(~np.isnan(members), axis=0) >= LEAST_OF_A_SET
        if enough.any():
            found[np.ix_(rows, np.flatnonzero(enough))] = np.nanmedian(members[:, enough], axis=0)
    return found


def premiums(close: Floats, cards: Sequence[str], grades: Sequence[str]) -> Floats:
    """log(best / ungraded) of the carried closes, for every instrument of the card."""
    found = np.full(close.shape, np.nan)
    place = {(card, grade): n for n, (card, grade) in enumerate(zip(cards, grades, strict=True))}
    for row, card in enumerate(cards):
        best, plain = place.get((card, BEST_GRADE)), place.get((card, UNGRADED))
        if best is not None and plain is not None:
            found[row] = np.log(close[best] / close[plain])
    return found
