"""Owns the running marketplace: the history up to now, and the answers drawn from it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from stack.simulator.history import DEMO_LAST_DAY, begin_history, extend, horizon
from stack.simulator.listing import items_json, titles_of
from stack.simulator.prints import Sales
from stack.simulator.search import Query, find_page
from stack.simulator.universe import load_universe

DEMO_END = datetime.combine(DEMO_LAST_DAY + timedelta(days=1), time(), UTC)

Clock = Callable[[], datetime]


class Market:
    """Days that pass while it runs are added when somebody asks. Not safe across threads."""

    def __init__(self, *, seed: int, clock: Clock) -> None:
        self._clock = clock
        self._universe = load_universe()
        self._titles = titles_of(self._universe)
        self._history = begin_history(self._universe, seed=seed, through=horizon(clock()))

    def search(self, query: Query, *, host: str) -> tuple[list[dict[str, Any]], int]:
        """One page of items as JSON values, and how many match in all."""
        sales, until = self._visible()
        page = find_page(
            query, sales, universe=self._universe, titles=self._titles, visible_until=until
        )
        items = items_json(
            sales, page.rows, universe=self._universe, titles=self._titles, host=host
        )
        return items, page.total

    def item(self, number: int, *, host: str) -> dict[str, Any] | None:
        """The sale with this legacy item id, once it has happened."""
        sales, until = self._visible()
        rows = np.flatnonzero((sales.item == number) & (sales.second < until))
        found = items_json(sales, rows, universe=self._universe, titles=self._titles, host=host)
        return found[0] if found else None

    def _visible(self) -> tuple[Sales, float]:
        """The columns, and the Unix time from which on nothing has been sold yet."""
        now = self._clock()
        self._history = extend(self._history, self._universe, through=horizon(now))
        return self._history.sales, max(now, DEMO_END).timestamp()
