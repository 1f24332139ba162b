"""Owns the hidden value of every card and grade, stepped one day at a time. Pure.

The log value of card c on day t is a base, the fashion for the card and the fashion for its set:

    value[c,t] = base[c,t] + CARD_FASHION * swing[c,t] + SET_FASHION * swing[set of c,t]

and a grade is worth value + premium[c,g,t], with no premium for raw copies.

- **The slow hidden factor** is fashion: `swing` (unit variance) and its `pace` turn around each
  other like a noisy pendulum with a period of 10 to 15 months, its own for each card and set. A
  card that rises today tends to rise for another two to four months, then to fall as long. With
  the amplitudes below the return over 90 days often passes +-0.154, the line between HOLD and BUY
  or SELL. Nobody sees the swing; price alone betrays it: 30-day momentum tells the pace, the
  distance from the highest close of the year tells the height. Both together forecast the next
  90 days out of sample; either alone is weak, and one print's noise bounces back against it.
- `base` takes market, set and own shocks, so that returns correlate, within a set more than across
  sets, and is pulled back to the card's level over about a year, so that no price runs away.
- Volatility clusters: the log of the scale is a slow autoregression, one for the market, one a
  card. Own shocks are Student t with 5 degrees of freedom, so single days stand out.
- `premium` reverts to its usual level with a half-life of about five weeks: a PSA 10 dear against
  its raw copy gets cheaper relative to it.

Everything is drawn from the generator that is passed in, one generator a day, so that later days
extend the same history. The magnitudes were set so that what the market prints agrees with recorded
sales (docs/simulator.md); the fashion's are chosen, strong enough to be learnt in two years.
"""

from dataclasses import dataclass

import numpy as np

from stack.simulator.universe import GRADES, Floats, Universe

CARD_FASHION, SET_FASHION = 0.22, 0.08  # log return from the middle to one standard deviation
PERIOD_DAYS = (300.0, 450.0)
FASHION_MEMORY_DAYS = 400.0  # how long a swing keeps its phase

BASE_PULL = 0.003  # a day: a half-life of 230 days
MARKET_SIGMA = 0.0035  # log return a day
SET_SIGMA = 0.0050
OWN_SIGMA = 0.0070
OWN_TAIL_DF = 5

MARKET_VOL_MEMORY, MARKET_VOL_STEP = 0.97, 0.07
CARD_VOL_MEMORY, CARD_VOL_STEP = 0.95, 0.12

PREMIUM_PULL = 0.02  # a day: a half-life of 35 days
PREMIUM_SIGMA = np.array([0.045, 0.06, 0.11])  # of psa8, psa9, psa10 in the long run, log

FIRST_BASE_SIGMA = 0.08


@dataclass(frozen=True)
class MarketState:
    """The hidden state at the end of a day; arrays of fashion run along the cards, then the sets.

    `base` and `premium` are log USD; `turn` is the pendulum's angle a day, in radians.
    """

    base: Floats
    swing: Floats
    pace: Floats
    turn: Floats
    premium: Floats
    market_log_vol: float
    card_log_vol: Floats

    def log_price(self, universe: Universe) -> Floats:
        """What each card (rows) is worth in each grade (columns), log USD."""
        value = self.base + _of_cards(self.swing, universe)
        return np.concatenate([value[:, None], value[:, None] + self.premium], axis=1)

    def drift(self, universe: Universe) -> Floats:
        """What fashion adds to each card's log value a day."""
        return _of_cards(self.turn * self.pace, universe)


def first_state(universe: Universe, rng: np.random.Generator) -> MarketState:
    """The state the day before the first day, drawn near its long-run spread."""
    cards = len(universe.products)
    waves = cards + universe.n_sets
    return MarketState(
        base=universe.log_level[:, 0] + FIRST_BASE_SIGMA * rng.standard_normal(cards),
        swing=rng.standard_normal(waves),
        pace=rng.standard_normal(waves),
        turn=2 * np.pi / rng.uniform(*PERIOD_DAYS, size=waves),
        premium=_usual_premium(universe)
        + PREMIUM_SIGMA * rng.standard_normal((cards, len(GRADES) - 1)),
        market_log_vol=0.0,
        card_log_vol=np.zeros(cards),
    )


def step(state: MarketState, universe: Universe, rng: np.random.Generator) -> MarketState:
    """The next day's state."""
    cards = len(universe.products)
    market_log_vol = float(
        MARKET_VOL_MEMORY * state.market_log_vol + MARKET_VOL_STEP * rng.standard_normal()
    )
    card_log_vol = CARD_VOL_MEMORY * state.card_log_vol + CARD_VOL_STEP * rng.standard_normal(cards)
    swing, pace = _next_fashion(state, rng)
    pulled = state.base + BASE_PULL * (universe.log_level[:, 0] - state.base)
    return MarketState(
        base=pulled + _shocks(universe, market_log_vol, card_log_vol, rng),
        swing=swing,
        pace=pace,
        turn=state.turn,
        premium=_next_premium(state.premium, universe, rng),
        market_log_vol=market_log_vol,
        card_log_vol=card_log_vol,
    )


def _next_fashion(state: MarketState, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Turns each pendulum by a day and pushes its pace, so that the swing itself stays smooth."""
    keep = np.exp(-1.0 / FASHION_MEMORY_DAYS)
    # The push goes into one of two coordinates: twice the variance keeps both at one.
    push = np.sqrt(2 * (1 - keep**2)) * rng.standard_normal(len(state.pace))
    cos, sin = np.cos(state.turn), np.sin(state.turn)
    swing: Floats = keep * (cos * state.swing + sin * state.pace)
    pace: Floats = keep * (cos * state.pace - sin * state.swing) + push
    return swing, pace


def _of_cards(waves: Floats, universe: Universe) -> Floats:
    cards = len(universe.products)
    own, sets = waves[:cards], waves[cards:]
    felt: Floats = CARD_FASHION * own + SET_FASHION * sets[universe.set_index]
    return felt


def _shocks(
    universe: Universe, market_log_vol: float, card_log_vol: Floats, rng: np.random.Generator
) -> Floats:
    market = MARKET_SIGMA * rng.standard_normal()
    sets = SET_SIGMA * rng.standard_normal(universe.n_sets)
    to_unit = np.sqrt((OWN_TAIL_DF - 2) / OWN_TAIL_DF)
    own = OWN_SIGMA * to_unit * rng.standard_t(OWN_TAIL_DF, size=len(card_log_vol))
    common = market + sets[universe.set_index]
    shocks: Floats = np.exp(market_log_vol) * (common + np.exp(card_log_vol) * own)
    return shocks


def _next_premium(premium: Floats, universe: Universe, rng: np.random.Generator) -> Floats:
    # The step that keeps PREMIUM_SIGMA as the long-run spread of the reverting premium.
    jolt = PREMIUM_SIGMA * np.sqrt(PREMIUM_PULL * (2 - PREMIUM_PULL))
    moved: Floats = (
        premium
        + PREMIUM_PULL * (_usual_premium(universe) - premium)
        + jolt * rng.standard_normal(premium.shape)
    )
    return moved


def _usual_premium(universe: Universe) -> Floats:
    return universe.log_level[:, 1:] - universe.log_level[:, :1]
