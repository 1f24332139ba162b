"""Finds cards by what a collector types."""

from dataclasses import dataclass

from api_gw.domain.cards import Found
from api_gw.domain.errors import UnknownSet
from api_gw.domain.query import parse
from api_gw.ports import CardSearch


@dataclass(frozen=True)
class SearchResult:
    """A page of cards and the grade the query named, if any."""

    found: Found
    grade: str | None


async def search(
    text: str, *, set_said: str | None, page: int, limit: int, cards: CardSearch
) -> SearchResult:
    """A page of cards, best first. Raises UnknownSet.

    No text lists the set, or the newest cards; text that means nothing finds nothing.
    """
    set_id = None
    if set_said:
        like = await cards.sets_like(set_said) if set_said.isprintable() else []
        if len(like) != 1:
            raise UnknownSet(set_said, like)
        set_id = like[0]
    query = parse(text)
    if text.strip() and query.is_empty:
        return SearchResult(Found(cards=(), total=0), query.grade)
    found = await cards.find(query, set_id=set_id, offset=(page - 1) * limit, limit=limit)
    return SearchResult(found, query.grade)
