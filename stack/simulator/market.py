"""Owns the running marketplace: the history up to now, and the answers drawn from it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from stack.simulator.history import DEMO_LAST_DAY, History, begin_history, extend, horizon
from stack.simulator.listing import items_json, titles_of
from stack.simulator.search import Found, Query, find
from stack.simulator.settings import MarketSettings
from stack.simulator.universe import Ints, load_universe

DEMO_END = datetime.combine(DEMO_LAST_DAY + timedelta(days=1), time(), UTC)

Asked = tuple[Query, date]  # a window of a history, without the page
Clock = Callable[[], datetime]


class Market:
    """Days that pass while it runs are added when somebody asks. Not safe across threads."""

    def __init__(self, settings: MarketSettings, *, clock: Clock) -> None:
        self._clock = clock
        self.universe = load_universe(cards=settings.cards)
        self._titles = titles_of(self.universe)
        self._history = begin_history(
            self.universe, seed=settings.seed, through=horizon(clock()), dirt=settings.dirt
        )
        self._last: tuple[Asked | None, float, Found] = None, 0.0, Found(np.empty(0, np.int64), 0)

    def search(self, query: Query, *, host: str) -> tuple[list[dict[str, Any]], int]:
        """One page of items as JSON values, and how many match in all."""
        history, until = self.told()
        page = self._found(query, history, until).page(query)
        return self._items(history, page.rows, until, host), page.total

    def item(self, number: int, *, host: str) -> dict[str, Any] | None:
        """The sale with this legacy item id, once it has been told."""
        history, until = self.told()
        here = (history.sales.item == number) & (history.flaws.arrives < until)
        found = self._items(history, np.flatnonzero(here), until, host)
        return found[0] if found else None

    def told(self) -> tuple[History, float]:
        """The history, and the Unix time from which on nothing has happened yet."""
        now = self._clock()
        self._history = extend(self._history, self.universe, through=horizon(now))
        return self._history, max(now, DEMO_END).timestamp()

    def _found(self, query: Query, history: History, until: float) -> Found:
        """Kept from page to page: whoever reads a window asks for it many times."""
        asked = (replace(query, limit=0, offset=0), history.last_day)
        last, since, found = self._last
        if asked != last or not since <= until <= found.until:
            found = find(
                query,
                history.sales,
                history.flaws,
                universe=self.universe,
                titles=self._titles,
                visible_until=until,
            )
            self._last = asked, until, found
        return found

    def _items(self, history: History, rows: Ints, until: float, host: str) -> list[dict[str, Any]]:
        return items_json(
            history.sales,
            history.flaws,
            rows,
            universe=self.universe,
            titles=self._titles,
            host=host,
            now=until,
        )
