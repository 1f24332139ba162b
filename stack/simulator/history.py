"""Owns the invented history: every sale since the first day, as columns, extended day by day."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import numpy as np

from stack.simulator import flaws as dirty
from stack.simulator.flaws import Flaws
from stack.simulator.prints import Sales, draw_day, no_sales
from stack.simulator.process import MarketState, first_state, step
from stack.simulator.second_market import ShopSales, draw_shop_day, no_shop_sales
from stack.simulator.settings import Dirt
from stack.simulator.universe import EPOCH, Floats, Universe

FIRST_DAY = date(2024, 10, 1)
# The demo's two years exist whatever the clock says; later days come as they pass.
DEMO_LAST_DAY = date(2026, 9, 30)
# Separate random streams: a day's stream never depends on how many days came before, and the
# sales are the same however dirty they are told.
START_STREAM, DAY_STREAM, DIRT_STREAM, SHOP_STREAM = 1, 2, 3, 4
USUAL_DIRT = Dirt()

Columns = TypeVar("Columns", Sales, Flaws, ShopSales)


@dataclass(frozen=True)
class History:
    """The sales of FIRST_DAY .. `last_day` and the state to go on from.

    `flaws` stand beside `sales`. `values` (log USD of a raw copy) and `drifts` (log return a day)
    are the hidden truth at the end of each day (rows) of each card (columns).
    """

    seed: int
    dirt: Dirt
    last_day: date
    state: MarketState
    sales: Sales
    flaws: Flaws
    shop: ShopSales
    values: Floats
    drifts: Floats


def begin_history(
    universe: Universe, *, seed: int, through: date, dirt: Dirt = USUAL_DIRT
) -> History:
    """The history from FIRST_DAY to `through`, both included; same seed, same history."""
    state = first_state(universe, np.random.default_rng([seed, START_STREAM]))
    nothing = np.empty((0, len(universe.products)))
    empty = History(
        seed=seed,
        dirt=dirt,
        last_day=FIRST_DAY - timedelta(days=1),
        state=state,
        sales=no_sales(),
        flaws=dirty.no_flaws(),
        shop=no_shop_sales(),
        values=nothing,
        drifts=nothing,
    )
    return extend(empty, universe, through=through)


def extend(history: History, universe: Universe, *, through: date) -> History:
    """The same history, longer; unchanged when it already reaches `through`."""
    if through <= history.last_day:
        return history
    state, seed, dirt = history.state, history.seed, history.dirt
    sales, flaws, shop = [history.sales], [history.flaws], [history.shop]
    values, drifts = [history.values], [history.drifts]
    first = (history.last_day - EPOCH).days + 1
    for day in range(first, (through - EPOCH).days + 1):
        rng = np.random.default_rng([seed, DAY_STREAM, day])
        state = step(state, universe, rng)
        soiling = np.random.default_rng([seed, DIRT_STREAM, day])
        sales.append(dirty.with_shills(draw_day(state, universe, day, rng), dirt, soiling))
        flaws.append(dirty.draw_flaws(sales[-1], dirt, soiling))
        shopping = np.random.default_rng([seed, SHOP_STREAM, day])
        shop.append(draw_shop_day(state, universe, day, shopping))
        values.append(state.log_price(universe)[None, :, 0])
        drifts.append(state.drift(universe)[None, :])
    return History(
        seed=seed,
        dirt=dirt,
        last_day=through,
        state=state,
        sales=_join(Sales, sales),
        flaws=_join(Flaws, flaws),
        shop=_join(ShopSales, shop),
        values=np.concatenate(values),
        drifts=np.concatenate(drifts),
    )


def horizon(now: datetime) -> date:
    """The last day with sales at the moment `now`."""
    return max(DEMO_LAST_DAY, now.astimezone(UTC).date())


def _join(kind: type[Columns], parts: Sequence[Columns]) -> Columns:
    return kind(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(kind)
        }
    )
