"""From a forecast to an action: utility, hysteresis, the rule for illiquid instruments."""

import math
from dataclasses import dataclass, field
from typing import Literal

from kernel.days import DAYS_PER_YEAR
from signals_svc.domain.costs import Costs
from signals_svc.domain.forecast import DECILES_PER_SIGMA

Action = Literal["BUY", "HOLD", "SELL"]
ACTIONS: tuple[Action, Action, Action] = ("BUY", "HOLD", "SELL")

# lambda is stated for 90 days: divided by this, every horizon pays the same price of risk.
LAMBDA_DAYS = 90


@dataclass(frozen=True)
class Policy:
    """How much return a unit of risk must bring, how far a signal stays once entered, and the
    costs a label has to earn back.
    """

    risk_aversion: float = 4.0
    hysteresis: float = 0.02
    costs: Costs = field(default_factory=Costs)


@dataclass(frozen=True)
class Forecast:
    """Quantiles of the log return of one instrument over a horizon in days."""

    horizon_days: int
    q10: float
    q50: float
    q90: float

    @property
    def expected_return(self) -> float:
        """Simple return of the median, before costs."""
        return math.expm1(self.q50)

    @property
    def sigma(self) -> float:
        """Spread of the log return over the horizon."""
        return (self.q90 - self.q10) / DECILES_PER_SIGMA

    @property
    def risk(self) -> float:
        """Annualised spread."""
        return self.sigma / math.sqrt(self.horizon_days) * math.sqrt(DAYS_PER_YEAR)


@dataclass(frozen=True)
class Probabilities:
    """Of the three labels, as a classifier gives them; they sum to 1."""

    buy: float
    hold: float
    sell: float

    def of(self, action: Action) -> float:
        """The probability of one label."""
        return {"BUY": self.buy, "HOLD": self.hold, "SELL": self.sell}[action]


@dataclass(frozen=True)
class Utility:
    """Return less the price of risk, for holding and for being out."""

    buy: float
    sell: float

    def of(self, action: Action) -> float:
        """What acting so is worth; for HOLD how far the better of both stays below zero."""
        return {"BUY": self.buy, "SELL": self.sell, "HOLD": -max(self.buy, self.sell)}[action]


def utility_of(forecast: Forecast, policy: Policy) -> Utility:
    """R - lambda sigma / sqrt(90), and the same for the opposite side."""
    price_of_risk = policy.risk_aversion * forecast.sigma / math.sqrt(LAMBDA_DAYS)
    expected = forecast.expected_return
    return Utility(buy=expected - price_of_risk, sell=-expected - price_of_risk)


def action_of(
    utility: Utility,
    probabilities: Probabilities | None,
    previous: Action | None,
    policy: Policy,
) -> Action:
    """Enter beyond +hysteresis if the classifier does not lean the other way, stay until below
    -hysteresis. Never both: the two utilities sum to less than zero.
    """
    if previous == "BUY" and utility.buy > -policy.hysteresis:
        return "BUY"
    if previous == "SELL" and utility.sell > -policy.hysteresis:
        return "SELL"
    leans_sell = probabilities is not None and probabilities.sell > probabilities.buy
    leans_buy = probabilities is not None and probabilities.buy > probabilities.sell
    if utility.buy > policy.hysteresis and not leans_sell:
        return "BUY"
    if utility.sell > policy.hysteresis and not leans_buy:
        return "SELL"
    return "HOLD"
