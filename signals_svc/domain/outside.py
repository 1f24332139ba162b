"""What the facts known on a day tell of each instrument: a column a feature."""

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.facts import Outside
from signals_svc.domain.outside_pass import moods_pass, population_pass, searches_pass
from signals_svc.domain.series import Series

OUTSIDE = (
    *("population", "population_growth_30"),
    *("search_trend_7", "search_trend_28"),
    *("sentiment_7", "posts_7"),
)


def outside_features(
    outside: Outside, card: Ints, series: Series, moment_us: int
) -> dict[str, Floats]:
    """By the names of OUTSIDE, one value per owner; missing where nothing was told.

    `card` numbers the card of each slot: searches and moods are of cards, whatever the grade.
    """
    counts, searches, moods = outside.population, outside.searches, outside.moods
    at = (series.as_of_day, moment_us)
    by_slot = np.empty((len(counts.edges) - 1, 2))
    by_card = np.empty((2, len(moods.edges) - 1, 2))
    population_pass(counts.edges, counts.day, counts.known_us, counts.value, *at, by_slot)
    searched = (searches.edges, searches.group, searches.until_day, searches.day)
    searches_pass(*searched, searches.known_us, searches.value, *at, by_card[0])
    told = (moods.edges, moods.day, moods.source, moods.known_us, moods.value, moods.weight)
    moods_pass(*told, *at, by_card[1])
    cards = card[series.slots]
    columns = np.concatenate([by_slot[series.slots], by_card[0][cards], by_card[1][cards]], axis=1)
    return dict(zip(OUTSIDE, np.ascontiguousarray(columns.T), strict=True))
