"""Finds cards by what a collector types."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from api_gw.domain.bars import LatestBars
from api_gw.domain.cards import Close, Found
from api_gw.domain.divergence import Divergent
from api_gw.domain.errors import UnknownSet
from api_gw.domain.query import parse
from api_gw.ports import Cache, CardSearch, Divergences, Prices
from api_gw.usecases.moments import counted_to, known_by
from kernel.ids import Instrument
from kernel.series import series_in_use


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
    as_of: datetime | None,
    cards: CardSearch,
    prices: Prices,
    divergences: Divergences,
    cache: Cache,
) -> SearchResult:
    """A page of cards of today's catalog, best first, with closes as known then. Raises UnknownSet.

    No text lists the set, or the newest cards; text that means nothing finds nothing.
    """
    set_id = await set_meant(set_said, cards=cards) if set_said else None
    query = parse(text)
    if text.strip() and query.is_empty:
        return SearchResult(Found(cards=(), total=0), query.grade, {})
    found = await cards.find(query, set_id=set_id, offset=(page - 1) * limit, limit=limit)
    if as_of is not None:
        latest = await prices.latest_of(
            [card.card_id for card in found.cards],
            as_of=as_of,
            counted_to=await counted_to(as_of, prices=prices, cache=cache),
        )
        found = replace(found, closes={card: closes_of(latest[card]) for card in latest})
    flags = await divergences.of_cards(list(found.closes), as_of=known_by(as_of))
    return SearchResult(found, query.grade, flags)


def closes_of(grades: Mapping[str, LatestBars]) -> tuple[Close, ...]:
    """Of each grade's series in use the newest close, the dearest first."""
    found = []
    for grade, latest in grades.items():
        kind = series_in_use({kind: newest.bars_365 for kind, newest in latest.items()})
        if kind:
            bar = latest[kind].bar
            found.append(Close(grade, kind, bar.day, bar.close_cents))
    return tuple(sorted(found, key=lambda close: (-close.close_cents, close.grade_code)))


async def set_meant(said: str, *, cards: CardSearch) -> str:
    """The set somebody names. Raises UnknownSet with those most like it."""
    if not said.isprintable():
        raise UnknownSet(said, [])
    set_id = await cards.set_named(said)
    if set_id is None:
        raise UnknownSet(said, await cards.sets_like(said))
    return set_id
