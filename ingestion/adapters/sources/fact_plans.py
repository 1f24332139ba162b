"""Which sources tell a fact, whom they are asked about, and how posts become a day's mood."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import polars as pl

from ingestion.adapters.sources.edge import Edge
from ingestion.adapters.sources.lexicon_file import shipped_lexicon
from ingestion.adapters.sources.population import PRODUCTS, PopulationSource
from ingestion.adapters.sources.posts import PostSource, Reddit, X
from ingestion.adapters.sources.trends import TrendsSource
from ingestion.domain.daily_mood import daily_mood
from ingestion.domain.facts import terms_of
from ingestion.ports.unit import Unit
from ingestion.usecases.fetch_facts import Plan

FACTS = ("population", "search_trends", "sentiment")


def fact_plans(fact: str, edge: Callable[[str], Edge], *, subreddit: str, most: int) -> list[Plan]:
    """The sources of a fact; `most` is how many cards are watched."""
    terms = partial(_terms, most=most)
    if fact == "population":
        return [Plan(PopulationSource(edge("psa")), "population", _specs, _as_read)]
    if fact == "search_trends":
        return [Plan(TrendsSource(edge("trends")), "search_trends", terms, _as_read)]
    services = (Reddit(edge("reddit"), subreddit), X(edge("x")))
    return [Plan(PostSource(one), "sentiment_daily", terms, _mood) for one in services]


def _specs(unit: Unit, _: date) -> Mapping[str, str]:
    return unit.told_facts.specs(PRODUCTS)


def _terms(unit: Unit, day: date, *, most: int) -> Mapping[str, list[str]]:
    return terms_of(unit.told_facts.watched(day, most))


def _as_read(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def _mood(posts: pl.DataFrame) -> pl.DataFrame:
    return daily_mood(posts, shipped_lexicon())
