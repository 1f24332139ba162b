"""Conviction: the probability that an action's label comes true."""

import math
from dataclasses import dataclass

from signals_svc.domain.decision import ACTIONS, Action, Forecast, Probabilities, Utility

# No forecast of a thin market deserves more: its tails are fatter than the normal ones used here.
FORECAST_CAP = 0.95
EPSILON = 1e-6


def normal_below(x: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def forecast_conviction(action: Action, forecast: Forecast, break_even: float) -> float:
    """Without a classifier: the normal probability under the forecast that the label comes true."""
    sigma = max(forecast.sigma, EPSILON)
    above = normal_below((forecast.q50 - break_even) / sigma)
    below = normal_below((-break_even - forecast.q50) / sigma)
    chance = {"BUY": above, "SELL": below, "HOLD": 1.0 - above - below}[action]
    return min(max(chance, 0.0), FORECAST_CAP)


@dataclass(frozen=True)
class LogisticMap:
    """P(label comes true) = logistic(intercept + slope * logit(P) + pull * U), per action."""

    intercept: float
    slope: float
    pull: float

    def __call__(self, probability: float, utility: float) -> float:
        """A probability of the classifier and the action's utility, mapped to a conviction."""
        x = self.intercept + self.slope * logit(probability) + self.pull * utility
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))


IDENTITY = LogisticMap(intercept=0.0, slope=1.0, pull=0.0)


@dataclass(frozen=True)
class ConvictionMap:
    """One logistic map an action, fitted on out-of-fold predictions."""

    buy: LogisticMap = IDENTITY
    hold: LogisticMap = IDENTITY
    sell: LogisticMap = IDENTITY

    def __call__(self, action: Action, chances: Probabilities, utility: Utility) -> float:
        """Conviction of an action."""
        chosen = dict(zip(ACTIONS, (self.buy, self.hold, self.sell), strict=True))[action]
        return chosen(chances.of(action), utility.of(action))


def logit(probability: float) -> float:
    """Log odds, finite for 0 and 1."""
    held = min(max(probability, EPSILON), 1.0 - EPSILON)
    return math.log(held / (1.0 - held))
