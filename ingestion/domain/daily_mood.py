"""Sums the posts of a card and day up: how many, how they score, and which words made it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import polars as pl

from ingestion.domain.facts import SENTIMENT
from ingestion.domain.sentiment import MIN_SCORE, Lexicon, Score, score

MOST_WORDS = 20  # kept a day: those that weigh most


def daily_mood(posts: pl.DataFrame, lexicon: Lexicon) -> pl.DataFrame:
    """POSTS to SENTIMENT: the mean score of the day's posts, silent ones included."""
    texts = posts.get_column("text").unique().to_list()
    scores = {text: score(text, lexicon) for text in texts}
    days: dict[tuple[str, date], list[Score]] = defaultdict(list)
    for card_id, written, text in posts.select("card_id", "ts", "text").iter_rows():
        days[card_id, written.date()].append(scores[text])
    rows = [(*key, *_summed(of_day)) for key, of_day in sorted(days.items())]
    return pl.DataFrame(rows, schema=SENTIMENT, orient="row")


def _summed(scores: list[Score]) -> tuple[int, int, int, float, str]:
    values = [one.value for one in scores]
    positive = sum(value > MIN_SCORE for value in values)
    negative = sum(value < -MIN_SCORE for value in values)
    mean = round(sum(values) / len(values), 4)
    return len(values), positive, negative, mean, json.dumps(_weightiest(scores))


def _weightiest(scores: Iterable[Score]) -> dict[str, float]:
    """Words as they were read, with the points of all posts together."""
    points: dict[str, float] = defaultdict(float)
    for one in scores:
        for word in one.words:
            points[word.said] += word.points
    heaviest = sorted(points.items(), key=lambda item: (-abs(item[1]), item[0]))[:MOST_WORDS]
    return {said: round(sum_, 3) for said, sum_ in heaviest}
