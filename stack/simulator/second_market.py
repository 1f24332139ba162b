"""Owns the second market's sales: raw copies by condition, without a sale id. Pure."""

from dataclasses import dataclass, fields

import numpy as np

from stack.simulator import release
from stack.simulator.prints import DAY_S, LONGEST_NOISE, MIN_CENTS, Codes
from stack.simulator.process import MarketState
from stack.simulator.universe import Ints, Universe

CONDITIONS = (
    "Near Mint",
    "Lightly Played",
    "Moderately Played",
    "Heavily Played",
    "Damaged",
)
CONDITION_SHARES = (0.62, 0.22, 0.09, 0.05, 0.02)
CONDITION_FACTORS = np.array([1.0, 0.86, 0.72, 0.52, 0.36])
BUSY = 0.25  # sales for each raw one of the first market
NOISE_SCALE, NOISE_DF = 0.06, 2.0
PAIR_SHARE = 0.04  # orders of two copies at once


@dataclass(frozen=True)
class ShopSales:
    """Columns of equal length in time order. `second` is Unix time, UTC; cents for one copy."""

    second: Ints
    card: Codes
    cents: Ints
    condition: Codes
    quantity: Codes


def draw_shop_day(
    state: MarketState, universe: Universe, day: int, rng: np.random.Generator
) -> ShopSales:
    """The sales of the UTC day `day` (days since 1970-01-01)."""
    rate = BUSY * universe.rate[:, 0] * release.busier(universe, day)[:, 0]
    card = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    n = len(card)
    condition = np.searchsorted(np.cumsum(CONDITION_SHARES)[:-1], rng.random(n), side="right")
    noise = np.clip(NOISE_SCALE * rng.standard_t(NOISE_DF, size=n), -LONGEST_NOISE, LONGEST_NOISE)
    value = state.log_price(universe)[card, 0] + release.dearer(universe, day)[card]
    usd = np.exp(value + noise) * CONDITION_FACTORS[condition]
    second = day * DAY_S + rng.integers(DAY_S, size=n)
    sales = ShopSales(
        second=second,
        card=card.astype(np.int16),
        cents=np.maximum(np.rint(usd * 100), MIN_CENTS).astype(np.int64),
        condition=condition.astype(np.int16),
        quantity=(1 + (rng.random(n) < PAIR_SHARE)).astype(np.int16),
    )
    return take_shop(sales, np.argsort(second, kind="stable"))


def no_shop_sales() -> ShopSales:
    """Empty columns of the right types."""
    wide, narrow = np.empty(0, np.int64), np.empty(0, np.int16)
    return ShopSales(wide, narrow, wide, narrow, narrow)


def take_shop(sales: ShopSales, rows: Ints) -> ShopSales:
    """The named rows, in the order given."""
    return ShopSales(
        **{field.name: getattr(sales, field.name)[rows] for field in fields(ShopSales)}
    )
