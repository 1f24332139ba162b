"""Owns the meaning of a search: parses the query string, selects the rows of one page. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import numpy as np

from stack.simulator.flaws import Flaws
from stack.simulator.listing import Titles
from stack.simulator.prints import Sales
from stack.simulator.universe import Flags, Ints, Universe

DEFAULT_LIMIT = 50
# The real service stops at 200 items a page; ours goes to 1000 so that two years page quickly.
MAX_LIMIT = 1000
MAX_OFFSET = 1_000_000_000
PARAMETERS = ("q", "epid", "filter", "limit", "offset")
FILTER_SHAPE = re.compile(r"lastSoldDate:\[(?P<start>[^\[\]]+?)\.\.(?P<end>[^\[\]]+)\]")
WORD = re.compile(r"\w+")
REPEAT_AFTER = 150  # items further down a repeated one comes again: mostly on the next page
FILTER_EXAMPLE = "lastSoldDate:[2024-10-01T00:00:00Z..2024-10-02T00:00:00Z]"


class QueryRefused(Exception):
    """The query string cannot be answered; `advice` says what to send instead."""

    def __init__(self, parameter: str, value: str, advice: str) -> None:
        super().__init__(advice)
        self.parameter, self.value, self.advice = parameter, value, advice


@dataclass(frozen=True)
class Query:
    """Sales with start <= time < end in Unix seconds; the title has all of `words`."""

    start: float
    end: float
    words: frozenset[str]
    epid: str | None
    limit: int
    offset: int


@dataclass(frozen=True)
class Page:
    """The rows of one page and how many sales match in all."""

    rows: Ints
    total: int


def parse_query(sent: Sequence[tuple[str, str]]) -> Query:
    """Raises QueryRefused, also for a parameter that is unknown or sent twice."""
    parameters: dict[str, str] = {}
    for name, value in sent:
        if name not in PARAMETERS or name in parameters:
            advice = f"Use only the parameters {', '.join(PARAMETERS)}, each at most once."
            raise QueryRefused(name, value, advice)
        parameters[name] = value
    start, end = _window(parameters.get("filter", ""))
    return Query(
        start=start,
        end=end,
        words=_words(parameters.get("q", "")),
        epid=parameters.get("epid") or None,
        limit=_whole("limit", parameters.get("limit", str(DEFAULT_LIMIT)), 1, MAX_LIMIT),
        offset=_whole("offset", parameters.get("offset", "0"), 0, MAX_OFFSET),
    )


@dataclass(frozen=True)
class Found:
    """All rows that match, as they are told until a further item is told."""

    rows: Ints
    until: float

    def page(self, query: Query) -> Page:
        """The part of them that the query asks for."""
        rows = self.rows[query.offset : query.offset + query.limit]
        return Page(rows=rows, total=len(self.rows))


def find(
    query: Query,
    sales: Sales,
    flaws: Flaws,
    *,
    universe: Universe,
    titles: Titles,
    visible_until: float,
) -> Found:
    """The matching sales in the order of `sales`, whatever the page, none told at `visible_until`
    or later; the repeated ones stand there twice and are counted twice."""
    end = min(query.end, visible_until)
    low, high = np.searchsorted(sales.second, [ceil(query.start), ceil(end)]).tolist()
    span = slice(low, max(low, high))
    told = flaws.arrives[span] < visible_until
    if query.words or query.epid is not None:
        wanted = _wanted(query, universe, titles)
        told = told & wanted[sales.card[span], sales.grade[span], sales.style[span]]
    rows = _with_repeats(low + np.flatnonzero(told), flaws)
    return Found(rows=rows, until=_next_told(flaws, visible_until))


def _next_told(flaws: Flaws, now: float) -> float:
    """Unix time at which the next item is told; infinity when all are."""
    later = flaws.arrives[flaws.arrives >= now]
    return float(later.min()) if len(later) else np.inf


def _wanted(query: Query, universe: Universe, titles: Titles) -> Flags:
    """Which titles answer the query, by card, grade and style."""
    wanted = np.ones(titles.shape, np.bool_)
    if query.words:
        said = [query.words <= _words(title) for title in titles.ravel().tolist()]
        wanted &= np.array(said).reshape(titles.shape)
    if query.epid is not None:
        wanted &= np.array([p.epid == query.epid for p in universe.products])[:, None, None]
    return wanted


def _with_repeats(rows: Ints, flaws: Flaws) -> Ints:
    again = np.flatnonzero(flaws.repeated[rows])
    if not len(again):
        return rows
    places = np.minimum(again + REPEAT_AFTER, len(rows))
    return np.insert(rows, places, rows[again])


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.lower()))


def _window(text: str) -> tuple[float, float]:
    found = FILTER_SHAPE.fullmatch(text)
    if found is None:
        advice = f"Send exactly one filter, with both ends of the time range: {FILTER_EXAMPLE}."
        raise QueryRefused("filter", text, advice)
    start, end = _instant(found["start"], text), _instant(found["end"], text)
    if start > end:
        raise QueryRefused("filter", text, "Let the time range start before it ends.")
    return start, end


def _instant(text: str, whole: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        advice = f"'{text}' is no time; write it like 2024-10-01T00:00:00Z."
        raise QueryRefused("filter", whole, advice) from error
    if moment.tzinfo is None:
        raise QueryRefused("filter", whole, f"'{text}' has no time zone; end it with Z.")
    return moment.timestamp()


def _whole(name: str, text: str, least: int, most: int) -> int:
    if text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise QueryRefused(name, text, f"Send '{name}' as a whole number from {least} to {most}.")
