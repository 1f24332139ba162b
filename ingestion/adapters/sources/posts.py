"""The fact `sentiment`: what people write about a card on Reddit and X, scored by its words."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import polars as pl

from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.gathering import Group, Now, gather
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.adapters.sources.paging import Pages
from ingestion.domain.errors import DayOutOfReach, SourceRefused
from ingestion.domain.facts import POSTS
from ingestion.domain.records import Gathered, Receipt, Window
from kernel.days import end_of, start_of, utc_day

DAYS = timedelta(days=7)
DAY = timedelta(days=1)
SAFE = timedelta(seconds=30)  # X refuses the last ten seconds, and more than its week
SECONDS = "%Y-%m-%dT%H:%M:%SZ"
PART = "posts.jsonl.gz"
MAX_PAGES = 20  # of a hundred posts: more about one card in a week are a flood, not opinions

Terms = Mapping[str, list[str]]
Post = dict[str, Any]


class Service(Protocol):
    """One place where people write."""

    @property
    def edge(self) -> Edge:
        """Its door."""

    @property
    def source(self) -> str:
        """The name its posts stand under."""

    @property
    def reach(self) -> timedelta:
        """How far back it can be searched."""

    def posts(self, visit: Visit, term: str, begins: datetime, ends: datetime) -> Iterator[Post]:
        """Posts about the term, newest first, some perhaps older than the window."""

    def made_out(self, post: Post) -> tuple[str, datetime, str]:
        """Id, moment and words of a post."""


@dataclass(frozen=True)
class PostSource:
    """Posts of one service about each term, of the week that ends with the run's day."""

    service: Service

    @property
    def source(self) -> str:
        """The service's name."""
        return self.service.source

    def collect(self, terms: Terms, window: Window, now: Now) -> Iterator[Gathered]:
        """Posts as received, one JSON line each with the term's cards.

        Raises DayOutOfReach, SourceUnavailable, SourceRefused, CredentialRefused.
        """

        def ask(visit: Visit, group: Group) -> Iterator[Post]:
            # Asked for each: a run takes hours, and the service's reach moves with the clock.
            begins, ends = self._days(window.last, now())
            for term in group:
                yield from self._posts(visit, term, terms[term], begins, ends)

        def receipt(rows: list[Post]) -> Receipt:
            return Receipt(self.source, window, [json_lines(PART, iter(rows))])

        return gather(self.service.edge, [[term] for term in terms], ask, receipt)

    def read(self, receipt: Receipt) -> pl.DataFrame:
        """Posts as POSTS, each once for each card."""
        rows: list[tuple[str, str, datetime, str]] = []
        for part in receipt.parts:
            for line in gzip.decompress(part.body).decode().splitlines():
                told = json.loads(line)
                made = self.service.made_out(told["post"])
                rows.extend((card, *made) for card in told["cards"])
        frame = pl.DataFrame(rows, schema=POSTS, orient="row")
        return frame.unique(["card_id", "post_id"], keep="first").sort("card_id", "ts", "post_id")

    def _days(self, last: date, now: datetime) -> tuple[datetime, datetime]:
        begins, ends = whole_days(last, now, reach=self.service.reach)
        if begins >= ends:
            newest = utc_day(now) - DAY
            oldest = utc_day(now - self.service.reach + SAFE) + DAY
            raise DayOutOfReach(self.source, last, first=oldest, last=newest)
        return begins, ends

    def _posts(
        self, visit: Visit, term: str, cards: list[str], begins: datetime, ends: datetime
    ) -> Iterator[Post]:
        for post in self.service.posts(visit, term, begins, ends):
            try:
                written = self.service.made_out(post)[1]
            except (KeyError, TypeError, ValueError) as error:
                why = f"a post has no id, time or words ({type(error).__name__}: {error})"
                raise SourceRefused(self.source, why) from error
            if written < begins:
                break
            if written < ends:
                yield {"term": term, "cards": cards, "post": post}


def whole_days(last: date, now: datetime, *, reach: timedelta) -> tuple[datetime, datetime]:
    """From when to when posts are asked for: days of the week that ends with `last`, whole ones.

    A day the service tells only a part of would stand as its mood, or replace the whole one.
    """
    reached = now - reach + SAFE
    first_whole = start_of(utc_day(reached))
    if first_whole < reached:
        first_whole += DAY
    begins = max(start_of(last - DAYS + DAY), first_whole)
    return begins, min(end_of(last), start_of(utc_day(now - SAFE)))


@dataclass(frozen=True)
class Reddit:
    """The search within one subreddit."""

    edge: Edge
    subreddit: str
    source: str = "reddit"
    reach: timedelta = timedelta(days=28)  # of the month that the search is asked for

    def posts(self, visit: Visit, term: str, begins: datetime, ends: datetime) -> Iterator[Post]:
        """Posts about the term, newest first."""
        pages = Pages(self.source, MAX_PAGES)
        question: dict[str, str | int] = {"q": f'"{term}"', "restrict_sr": 1, "sort": "new"}
        after: dict[str, str] = {}
        while True:
            told = visit.get(
                f"/r/{self.subreddit}/search",
                {**question, "t": "month", "limit": 100, "raw_json": 1, **after},
            )
            try:
                listing = told["data"]
                yield from [child["data"] for child in listing["children"]]
                follows = listing.get("after")
            except (KeyError, TypeError, AttributeError) as error:
                raise SourceRefused(self.source, "its answer is no listing of posts") from error
            if not follows:
                return
            pages.turn_to(follows)
            after = {"after": str(follows)}

    def made_out(self, post: Post) -> tuple[str, datetime, str]:
        """Id, moment and words of a post."""
        written = datetime.fromtimestamp(float(post["created_utc"]), UTC)
        return str(post["id"]), written, f"{post['title']}. {post.get('selftext') or ''}"


@dataclass(frozen=True)
class X:
    """The search of recent posts."""

    edge: Edge
    source: str = "x"
    reach: timedelta = DAYS  # as far back as it lets one search

    def posts(self, visit: Visit, term: str, begins: datetime, ends: datetime) -> Iterator[Post]:
        """Posts about the term, newest first."""
        pages = Pages(self.source, MAX_PAGES)
        question: dict[str, str | int] = {
            "query": f'"{term}" lang:en -is:retweet',
            "max_results": 100,
            "start_time": begins.strftime(SECONDS),
            "end_time": ends.strftime(SECONDS),
            "tweet.fields": "created_at,author_id,lang,public_metrics",
        }
        follows: dict[str, str] = {}
        while True:
            told = visit.get("/2/tweets/search/recent", {**question, **follows})
            if not isinstance(told, dict) or not isinstance(told.get("meta"), dict):
                raise SourceRefused(self.source, "its answer has no `meta`")
            yield from told.get("data", [])
            token = told["meta"].get("next_token")
            if not token:
                return
            pages.turn_to(token)
            follows = {"next_token": str(token)}

    def made_out(self, post: Post) -> tuple[str, datetime, str]:
        """Id, moment and words of a post."""
        written = datetime.fromisoformat(post["created_at"])
        return str(post["id"]), written.astimezone(UTC), str(post["text"])
