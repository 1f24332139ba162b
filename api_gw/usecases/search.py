"""Finds cards by what a collector types."""

from collections.abc import Mapping
from dataclasses import dataclass

from api_gw.domain.cards import Found
from api_gw.domain.divergence import Divergent
from api_gw.domain.errors import UnknownSet
from api_gw.domain.query import parse
from api_gw.ports import CardSearch, Divergences
from api_gw.usecases.moments import known_by
from kernel.ids import Instrument


@dataclass(frozen=True)
class SearchResult:
    """A page of cards, the grade the query named, if any, and which closes are not believed."""

    found: Found
    grade: str | None
    divergent: Mapping[Instrument, Divergent]


async def search(
    text: str,
    *,
    set_said: str | None,
    page: int,
    limit: int,
    cards: CardSearch,
    divergences: Divergences,
) -> SearchResult:
    """A page of cards, best first. Raises UnknownSet.

    No text lists the set, or the newest cards; text that means nothing finds nothing.
    """
    set_id = await set_meant(set_said, cards=cards) if set_said else None
    query = parse(text)
    if text.strip() and query.is_empty:
        return SearchResult(Found(cards=(), total=0), query.grade, {})
    found = await cards.find(query, set_id=set_id, offset=(page - 1) * limit, limit=limit)
    flags = await divergences.of_cards(list(found.closes), as_of=known_by(None))
    return SearchResult(found, query.grade, flags)


async def set_meant(said: str, *, cards: CardSearch) -> str:
    """The set somebody names. Raises UnknownSet with those most like it."""
    if not said.isprintable():
        raise UnknownSet(said, [])
    set_id = await cards.set_named(said)
    if set_id is None:
        raise UnknownSet(said, await cards.sets_like(said))
    return set_id
