"""Owns the sales of one day: how many, when, by whom, and the price that was printed. Pure.

A print is the hidden value plus half a spread up (fixed price) or down (auction), plus noise for
condition and haste: successive prints bounce around the value. A few are gross errors.
How much was set so that the market agrees with recorded sales (docs/simulator.md).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stack.simulator import release
from stack.simulator.process import MarketState
from stack.simulator.universe import Floats, Ints, Universe

DAY_S = 86_400
AUCTION, FIXED_PRICE, BEST_OFFER = 0, 1, 2
DEAL_SHARES = (0.38, 0.47, 0.15)
DEAL_SIDE = np.array([-1.0, 1.0, -0.3])  # in half-spreads

HALF_SPREAD = np.array([0.030, 0.028, 0.024, 0.022])  # log, along GRADES
# Log noise of one print, Student t: condition, photographs, haste, who happened to bid. Raw copies
# have the calmer middle and the fatter tail: most are near mint, some only said to be.
NOISE_SCALE = np.array([0.057, 0.117, 0.117, 0.117])
NOISE_DF = np.array([1.5, 2.45, 2.45, 2.45])
LONGEST_NOISE = 2.3  # a factor of ten: what is further off is no sale of this card

OUTLIER_SHARE = 0.003
# A slipped decimal, a bidding shill, a lot or damaged copy under the wrong title: price factors.
OUTLIER_FACTORS = np.array([0.1, 10.0, 3.5, 5.0, 0.22, 0.3])

WEEKEND_LIFT, WINTER_LIFT = 1.18, 0.20
STORM_LIFT, DRIFT_LIFT = 0.35, 40.0  # busier when volatile, busier when rising
EVENING_SHARE, EVENING_S, EVENING_SPREAD_S = 0.6, 5_400, 9_000  # auctions end on US evenings

SELLERS = 240
TITLE_STYLES = 6
ITEM_BLOCK = 1_000_000  # item numbers a day; each sale of the day has its own thousand
FIRST_ITEM = 156_000_000_000
MIN_CENTS = 99

Codes = NDArray[np.int16]


@dataclass(frozen=True)
class Sales:
    """Columns of equal length, sorted by (second, item). `second` is Unix time, UTC."""

    second: Ints
    item: Ints
    card: Codes
    grade: Codes
    cents: Ints
    deal: Codes
    seller: Codes
    style: Codes
    certificate: Ints
    outlier: NDArray[np.bool_]
    shill: NDArray[np.bool_]


def draw_day(state: MarketState, universe: Universe, day: int, rng: np.random.Generator) -> Sales:
    """The sales of the UTC day `day` (days since 1970-01-01) at the state of its end."""
    counts = rng.poisson(_rates(state, universe, day))
    card, grade = np.nonzero(counts)
    times = counts[card, grade]
    card, grade = np.repeat(card, times), np.repeat(grade, times)
    n = len(card)
    deal = np.searchsorted(np.cumsum(DEAL_SHARES)[:-1], rng.random(n), side="right")
    outlier = rng.random(n) < OUTLIER_SHARE
    log_price = (
        state.log_price(universe)[card, grade]
        + DEAL_SIDE[deal] * HALF_SPREAD[grade]
        + release.dearer(universe, day)[card]
        + _noise(grade, rng)
        + np.where(
            outlier, np.log(OUTLIER_FACTORS[rng.integers(len(OUTLIER_FACTORS), size=n)]), 0.0
        )
    )
    second = day * DAY_S + _seconds(n, rng)
    # Listing order has nothing to do with the order of the sales, so numbers are shuffled.
    item = FIRST_ITEM + day * ITEM_BLOCK + rng.permutation(n) * 1000 + rng.integers(1000, size=n)
    columns = Sales(
        second=second,
        item=item,
        card=card.astype(np.int16),
        grade=grade.astype(np.int16),
        cents=_asked(np.exp(log_price), deal),
        deal=deal.astype(np.int16),
        seller=_sellers(n, rng),
        style=rng.integers(TITLE_STYLES, size=n, dtype=np.int16),
        certificate=rng.integers(30_000_000, 130_000_000, size=n),
        outlier=outlier,
        shill=np.zeros(n, np.bool_),
    )
    return take(columns, np.lexsort((item, second)))


def take(sales: Sales, rows: Ints) -> Sales:
    """The named rows, in the order given."""
    return Sales(**{field.name: getattr(sales, field.name)[rows] for field in fields(Sales)})


def no_sales() -> Sales:
    """Empty columns of the right types."""
    wide, narrow = np.empty(0, np.int64), np.empty(0, np.int16)
    return Sales(
        second=wide,
        item=wide,
        card=narrow,
        grade=narrow,
        cents=wide,
        deal=narrow,
        seller=narrow,
        style=narrow,
        certificate=wide,
        outlier=np.empty(0, np.bool_),
        shill=np.empty(0, np.bool_),
    )


def _rates(state: MarketState, universe: Universe, day: int) -> Floats:
    weekend = WEEKEND_LIFT if (day + 4) % 7 in (0, 6) else 1.0  # 1970-01-01 was a Thursday
    season = 1.0 + WINTER_LIFT * np.cos(2 * np.pi * (day % 365.25 - 350) / 365.25)
    mood = np.exp(STORM_LIFT * state.card_log_vol + DRIFT_LIFT * state.drift(universe))
    new = release.busier(universe, day)
    rates: Floats = universe.rate * new * mood[:, None] * weekend * season
    return rates


def _noise(grade: Ints, rng: np.random.Generator) -> Floats:
    drawn = NOISE_SCALE[grade] * rng.standard_t(NOISE_DF[grade])
    cut: Floats = np.clip(drawn, -LONGEST_NOISE, LONGEST_NOISE)
    return cut


def _seconds(n: int, rng: np.random.Generator) -> Ints:
    evening = rng.random(n) < EVENING_SHARE
    late = EVENING_S + EVENING_SPREAD_S * rng.standard_normal(n)
    any_time = rng.random(n) * DAY_S
    seconds: Ints = np.floor(np.where(evening, late, any_time) % DAY_S).astype(np.int64)
    return seconds


def _sellers(n: int, rng: np.random.Generator) -> Codes:
    # A few shops sell much, most people once in a while: the square crowds the low indexes.
    return np.floor(SELLERS * rng.random(n) ** 2).astype(np.int16)


def _asked(usd: Floats, deal: NDArray[np.int64]) -> Ints:
    # Fixed prices above $20 end in .99 as sellers type them; the rest is what the bids came to.
    cents = np.rint(usd * 100.0)
    typed = np.rint(usd) * 100.0 - 1.0
    shown = np.where((deal == FIXED_PRICE) & (usd >= 20.0), typed, cents)
    return np.maximum(shown, MIN_CENTS).astype(np.int64)
