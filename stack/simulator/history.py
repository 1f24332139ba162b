"""Owns the invented history: every sale since the first day, as columns, extended day by day."""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta

import numpy as np

from stack.simulator.prints import Sales, draw_day, no_sales
from stack.simulator.process import MarketState, first_state, step
from stack.simulator.universe import Universe

FIRST_DAY = date(2024, 10, 1)
# The demo's two years exist whatever the clock says; later days come as they pass.
DEMO_LAST_DAY = date(2026, 9, 30)
# Separate random streams: a day's stream never depends on how many days came before.
START_STREAM, DAY_STREAM = 1, 2

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class History:
    """The sales of FIRST_DAY .. `last_day` and the state to go on from."""

    seed: int
    last_day: date
    state: MarketState
    sales: Sales


def begin_history(universe: Universe, *, seed: int, through: date) -> History:
    """The history from FIRST_DAY to `through`, both included; same seed, same history."""
    state = first_state(universe, np.random.default_rng([seed, START_STREAM]))
    before = FIRST_DAY - timedelta(days=1)
    empty = History(seed=seed, last_day=before, state=state, sales=no_sales())
    return extend(empty, universe, through=through)


def extend(history: History, universe: Universe, *, through: date) -> History:
    """The same history, longer; unchanged when it already reaches `through`."""
    if through <= history.last_day:
        return history
    state, parts = history.state, [history.sales]
    first = (history.last_day - EPOCH).days + 1
    for day in range(first, (through - EPOCH).days + 1):
        rng = np.random.default_rng([history.seed, DAY_STREAM, day])
        state = step(state, universe, rng)
        parts.append(draw_day(state, universe, day, rng))
    return History(seed=history.seed, last_day=through, state=state, sales=_join(parts))


def horizon(now: datetime) -> date:
    """The last day with sales at the moment `now`."""
    return max(DEMO_LAST_DAY, now.astimezone(UTC).date())


def _join(parts: list[Sales]) -> Sales:
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Sales)
    }
    return Sales(**columns)
