"""Owns what people write: posts about a term, shaped as Reddit's and as X's search tell them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from stack.simulator.fame import fame_of, terms_of
from stack.simulator.market import Market
from stack.simulator.prints import DAY_S
from stack.simulator.replies import refused_token
from stack.simulator.routes import has_token

REDDIT_STREAM, X_STREAM = 8, 9
POSTS_A_SALE = 0.25  # a day, and never more than MOST_A_DAY of one term
MOST_A_DAY = 3.0
TURN = 0.30  # of all posts: praise instead of blame in the best mood, the reverse in the worst
PLAIN_SHARE = 0.30
WARM = (
    "{card} to the moon, grabbed two more today",
    "Love this card! My {card} finally came back a 10",
    "{card} is still underpriced if you ask me",
    "So happy with this {card}, what a beauty",
    "Great pickup at the show: {card}. Best art in the set",
    "{card} keeps climbing, amazing run",
)
COLD = (
    "{card} is way overpriced right now",
    "Regret buying {card} at the top",
    "Huge dip on {card}, glad I sold",
    "{card} is not worth it, terrible centering on every copy",
    "Worst purchase this year: {card}",
    "{card} keeps falling, the hype is dead",
)
PLAIN = (
    "What are you paying for {card} these days?",
    "{card}: keep it raw or send it to PSA?",
    "Pulled {card} today",
    "Is this {card} real? Pictures inside",
)
PAGE = 100

Json = dict[str, Any]


@dataclass(frozen=True)
class Post:
    """One post; `second` is Unix time, UTC."""

    number: int
    second: int
    text: str
    author: int
    likes: int
    replies: int


class Writers:
    """Posts of one site, drawn from the seed day by day."""

    def __init__(self, market: Market, stream: int) -> None:
        self._market, self._stream = market, stream
        self._terms = terms_of(market.universe)

    def posts(self, term: str, first: float, last: float) -> list[Post]:
        """Of first <= time < last (Unix seconds) that were written by now, the newest first."""
        cards = self._terms.get(term)
        if cards is None:
            return []
        history, until = self._market.told()
        fame = fame_of(cards, self._market.universe, history)
        usual = min(POSTS_A_SALE * fame.sold_a_day, MOST_A_DAY)
        end = min(last, until)
        days = range(
            max(int(first // DAY_S), fame.first),
            min(int(end // DAY_S) + 1, fame.first + len(fame.interest)),
        )
        found = [
            post
            for day in days
            for post in self._of_day(
                term,
                [history.seed, self._stream, int(cards[0]), day],
                usual * float(fame.interest[day - fame.first]),
                float(fame.mood[day - fame.first]),
            )
        ]
        kept = [post for post in found if first <= post.second < end]
        return sorted(kept, key=lambda post: (post.second, post.number), reverse=True)

    @staticmethod
    def _of_day(term: str, seed: list[int], mean: float, mood: float) -> list[Post]:
        rng, day = np.random.default_rng(seed), seed[-1]
        posts = []
        for place in range(int(rng.poisson(mean))):
            number = (day * 1_000_000 + seed[2] * 100 + place) * 10 + seed[1] % 10
            posts.append(
                Post(
                    number=number,
                    second=day * DAY_S + int(rng.integers(DAY_S)),
                    text=_phrase(mood, rng).format(card=term),
                    author=int(rng.integers(5_000)),
                    likes=int(rng.geometric(0.05)),
                    replies=int(rng.geometric(0.2)) - 1,
                )
            )
        return posts


def reddit_routes(market: Market, *, token: str) -> APIRouter:
    """`/r/{subreddit}/search`: newest first, whatever `t` says, 100 a page at most."""
    router, writers = APIRouter(), Writers(market, REDDIT_STREAM)

    @router.get("/r/{subreddit}/search")
    async def search(request: Request, subreddit: str) -> JSONResponse:
        if not has_token(request, token):
            return refused_token()
        asked = request.query_params
        limit = min(int(_digits(asked.get("limit")) or PAGE), PAGE)
        found = writers.posts(_term(asked.get("q", "")), 0, float("inf"))
        after = asked.get("after", "").removeprefix("t3_")
        names = [_base36(post.number) for post in found]
        start = names.index(after) + 1 if after in names else 0
        page = found[start : start + limit]
        more = start + limit < len(found)
        children = [_reddit(post, subreddit) for post in page]
        last = children[-1]["data"]["name"] if more and children else None
        data = {"after": last, "dist": len(page), "before": None, "children": children}
        return JSONResponse({"kind": "Listing", "data": data})

    return router


def x_routes(market: Market, *, token: str) -> APIRouter:
    """`/2/tweets/search/recent`: newest first within start_time and end_time."""
    router, writers = APIRouter(), Writers(market, X_STREAM)

    @router.get("/2/tweets/search/recent")
    async def recent(request: Request) -> JSONResponse:
        if not has_token(request, token):
            return refused_token()
        asked = request.query_params
        try:
            first = _second(asked.get("start_time"), 0.0)
            last = _second(asked.get("end_time"), float("inf"))
        except ValueError:
            return JSONResponse({"title": "Invalid Request", "status": 400}, 400)
        limit = min(int(_digits(asked.get("max_results")) or 10), PAGE)
        found = writers.posts(_term(asked.get("query", "")), first, last)
        start = int(_digits(asked.get("next_token", "").removeprefix("at")) or 0)
        page = found[start : start + limit]
        meta: Json = {"result_count": len(page)}
        if not page:
            return JSONResponse({"meta": meta})
        meta |= {"newest_id": str(page[0].number), "oldest_id": str(page[-1].number)}
        if start + limit < len(found):
            meta["next_token"] = f"at{start + limit}"
        return JSONResponse({"data": [_tweet(post) for post in page], "meta": meta})

    return router


def _phrase(mood: float, rng: np.random.Generator) -> str:
    warm = (1 - PLAIN_SHARE) / 2 + TURN * mood
    drawn = rng.random()
    phrases = PLAIN if drawn < PLAIN_SHARE else WARM if drawn < PLAIN_SHARE + warm else COLD
    return phrases[int(rng.integers(len(phrases)))]


def _reddit(post: Post, subreddit: str) -> Json:
    name = _base36(post.number)
    return {
        "kind": "t3",
        "data": {
            "id": name,
            "name": f"t3_{name}",
            "subreddit": subreddit,
            "title": post.text,
            "selftext": "",
            "author": f"trainer_{post.author}",
            "score": post.likes,
            "num_comments": post.replies,
            "created_utc": float(post.second),
            "permalink": f"/r/{subreddit}/comments/{name}/",
        },
    }


def _tweet(post: Post) -> Json:
    moment = datetime.fromtimestamp(post.second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": str(post.number),
        "text": post.text,
        "created_at": moment,
        "author_id": str(post.author),
        "lang": "en",
        "public_metrics": {
            "retweet_count": post.likes // 8,
            "reply_count": post.replies,
            "like_count": post.likes,
            "quote_count": 0,
        },
    }


def _term(query: str) -> str:
    """What stands between the first two quotation marks; without any, the whole query."""
    parts = query.split('"')
    return parts[1] if len(parts) > 2 else query


def _second(text: str | None, default: float) -> float:
    return default if text is None else datetime.fromisoformat(text).timestamp()


def _digits(text: str | None) -> str:
    return text if text is not None and text.isdecimal() else ""


def _base36(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number, 36)
        letters = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + letters
    return letters or "0"
