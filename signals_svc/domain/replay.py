"""Decides a past day for all instruments at once, as `judge` would have without a classifier."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.conviction import EPSILON, FORECAST_CAP
from signals_svc.domain.decision import ACTIONS, LAMBDA_DAYS, Policy
from signals_svc.domain.forecast import DECILES_PER_SIGMA

BUY, HOLD, SELL = (ACTIONS.index(action) for action in ("BUY", "HOLD", "SELL"))
STEP_DAYS = 7


@dataclass(frozen=True)
class Decided:
    """A row an instrument; `action` numbers ACTIONS, everything else is a fraction."""

    action: Ints
    conviction: Floats
    expected_return: Floats
    utility: Floats


def decision_days(last: date, weeks: int) -> list[date]:
    """A day a week, oldest first, the last one on `last`."""
    return [last - timedelta(days=STEP_DAYS * back) for back in range(weeks - 1, -1, -1)]


def decide(quantiles: Floats, previous: Ints, policy: Policy) -> Decided:
    """From quantiles [n, 3] of the log return and the actions that stood.

    The rules are those of domain.decision, taken over columns; a test holds the two together.
    """
    middle = quantiles[:, 1]
    sigma = (quantiles[:, 2] - quantiles[:, 0]) / DECILES_PER_SIGMA
    expected = np.expm1(middle)
    price_of_risk = policy.risk_aversion * sigma / math.sqrt(LAMBDA_DAYS)
    buy, sell = expected - price_of_risk, -expected - price_of_risk
    action = np.select(
        [
            (previous == BUY) & (buy > -policy.hysteresis),
            (previous == SELL) & (sell > -policy.hysteresis),
            buy > policy.hysteresis,
            sell > policy.hysteresis,
        ],
        [BUY, SELL, BUY, SELL],
        HOLD,
    ).astype(np.int64)
    conviction = _conviction(action, middle, sigma, policy.costs.break_even)
    return Decided(action, conviction, expected, buy)


def _conviction(action: Ints, middle: Floats, sigma: Floats, break_even: float) -> Floats:
    """The normal probability under the forecast that the action's label comes true."""
    held = np.maximum(sigma, EPSILON)
    above = _below((middle - break_even) / held)
    below = _below((-break_even - middle) / held)
    chance = np.choose(action, [above, 1.0 - above - below, below])
    return np.asarray(np.clip(chance, 0.0, FORECAST_CAP))


def _below(x: Floats) -> Floats:
    """Standard normal distribution function; numpy has no erfc of its own."""
    return np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in x.tolist()])
