"""What is known beside prices, against numbers worked out by hand, by event and knowledge time."""

import math
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from kernel.days import end_of
from signals_svc.domain.bars import bars_of
from signals_svc.domain.facts import MOODS, POPULATION, SEARCHES, Facts
from signals_svc.domain.features import Features, features_on
from tests.signals_svc.market_builder import Bar, frame

TODAY = date(2026, 6, 30)
NIGHT = end_of(TODAY)
LATER = NIGHT + timedelta(seconds=1)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def features(
    *,
    population: list[tuple[int, int, datetime]] | None = None,
    searches: list[tuple[int, int, int, datetime]] | None = None,
    moods: list[tuple[int, str, int, float, datetime]] | None = None,
) -> Features:
    """Card a in two grades, b in one; facts are of a, the population of its tens."""
    bars = [
        Bar("a", "psa10", ago(1), 900),
        Bar("a", "raw", ago(1), 100),
        Bar("b", "raw", ago(1), 5),
    ]
    counted = [("a", "psa10", ago(day), n, known) for day, n, known in population or []]
    searched = [("a", "g", ago(end), ago(day), n, known) for end, day, n, known in searches or []]
    felt = [("a", who, ago(day), n, score, known) for day, who, n, score, known in moods or []]
    facts = Facts(
        pl.DataFrame(counted, schema=POPULATION, orient="row"),
        pl.DataFrame(searched, schema=SEARCHES, orient="row"),
        pl.DataFrame(felt, schema=MOODS, orient="row"),
    )
    return features_on(bars_of(frame(bars)), {}, TODAY, facts)


def values(found: Features, name: str) -> list[float | None]:
    """Of a:psa10, a:raw, b:raw; None is missing."""
    return [None if math.isnan(x) else float(x) for x in found.raw[name]]


def test_population_is_the_newest_count_known_and_grows_against_one_a_month_older() -> None:
    found = features(population=[(40, 99, NIGHT), (20, 150, NIGHT), (3, 199, NIGHT)])
    assert values(found, "population") == [199, None, None]
    assert values(found, "population_growth_30")[0] == pytest.approx(math.log(200 / 100))


def test_a_count_told_later_or_of_tomorrow_is_not_seen() -> None:
    found = features(population=[(3, 100, NIGHT), (2, 500, LATER), (-1, 600, NIGHT)])
    assert values(found, "population")[0] == 100


def test_a_count_told_anew_counts_from_when_it_was_known() -> None:
    found = features(population=[(3, 100, NIGHT - timedelta(days=2)), (3, 120, NIGHT)])
    assert values(found, "population")[0] == 120


@pytest.mark.parametrize(("age", "seen"), [(44, 7.0), (45, None)])
def test_a_count_of_six_weeks_ago_says_nothing_of_today(age: int, seen: float | None) -> None:
    assert values(features(population=[(age, 7, NIGHT)]), "population")[0] == seen


def window(
    end: int, newest: int, before: int, known: datetime
) -> list[tuple[int, int, int, datetime]]:
    """Four weeks: `newest` in the last seven days, `before` in the 21 before those."""
    return [(end, end + n, newest if n < 7 else before, known) for n in range(56)]


def test_a_search_trend_compares_days_of_one_window_and_holds_for_all_grades() -> None:
    found = features(searches=window(2, 39, 19, NIGHT))
    trend = pytest.approx(math.log(40 / 20))
    assert values(found, "search_trend_7") == [trend, trend, None]
    assert values(found, "search_trend_28")[0] == pytest.approx(math.log(25 / 20))


def test_the_newest_window_known_counts_and_a_stale_one_does_not() -> None:
    both = window(9, 10, 10, NIGHT) + window(2, 39, 19, NIGHT)
    assert values(features(searches=both), "search_trend_7")[0] == pytest.approx(math.log(2))
    late = window(9, 10, 10, NIGHT) + window(2, 39, 19, LATER)
    assert values(features(searches=late), "search_trend_7")[0] == 0.0
    assert values(features(searches=window(14, 39, 19, NIGHT)), "search_trend_7")[0] is None


def test_moods_of_a_week_are_weighed_by_posts_of_all_sources() -> None:
    found = features(
        moods=[(0, "x", 3, 0.5, NIGHT), (0, "reddit", 1, -0.5, NIGHT), (7, "x", 9, 1.0, NIGHT)]
    )
    assert values(found, "posts_7") == [4, 4, None]
    assert values(found, "sentiment_7")[0] == pytest.approx(0.25)


def test_a_mood_told_anew_takes_the_place_of_the_older_word_once_it_is_known() -> None:
    told = [(1, "x", 2, 0.5, NIGHT - timedelta(days=1)), (1, "x", 4, -0.5, NIGHT)]
    assert values(features(moods=told), "posts_7")[0] == 4
    late = [(1, "x", 2, 0.5, NIGHT - timedelta(days=1)), (1, "x", 4, -0.5, LATER)]
    assert values(features(moods=late), "posts_7")[0] == 2


def test_nothing_told_is_missing_never_zero() -> None:
    found = features()
    for name in ("population", "population_growth_30", "search_trend_7", "sentiment_7", "posts_7"):
        assert values(found, name) == [None, None, None]
        assert all(math.isnan(z) for z in found.normalised[name])
