"""Why a signal is as it is, in codes, numbers and plain words: the rule first, then two drivers."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from signals_svc.domain.decision import (
    Action,
    Forecast,
    Policy,
    Probabilities,
    Utility,
)
from signals_svc.domain.signal import Reason

DRIVERS_SHOWN = 2
NOTABLE = 1.0  # robust sigmas from the median of the universe


class Driver(NamedTuple):
    """A feature people understand: whether a high value speaks for buying, and its words."""

    feature: str
    for_buying: int
    words: Callable[[float], str]


def _percent(log_return: float) -> str:
    return f"{100 * math.expm1(log_return):+.0f} %"


DRIVERS = (
    Driver("momentum_90", 1, lambda x: f"price moved {_percent(x)} in 90 days"),
    Driver("momentum_30", 1, lambda x: f"price moved {_percent(x)} in 30 days"),
    Driver("excess_90", 1, lambda x: f"{_percent(x)} against its set in 90 days"),
    Driver("drawdown_365", 1, lambda x: f"{100 * x:.0f} % from its high of the year"),
    Driver("volatility_365", -1, lambda x: f"price swings {100 * x:.0f} % a year"),
    Driver("premium_raw_z", -1, lambda x: f"PSA 10 premium over raw {x:+.1f} sigma from its norm"),
    Driver("trades_90", 1, lambda x: f"{x:.0f} sold in 90 days"),
)


def illiquid(recency_days: int, bars_365: int, series: str) -> Reason:
    """Too few or too old prices to act upon."""
    words = f"{bars_365} {series} days in a year, the last {recency_days} days ago: too few to act"
    return Reason("illiquid", float(recency_days), words)


def divergent(factor: float) -> Reason:
    """Two sources, or two grades, say what cannot both be."""
    words = f"its prices disagree by a factor of {factor:.1f}: not believed until they agree"
    return Reason("divergence", factor, words)


def no_prices() -> Reason:
    """Nothing is left to judge a standing signal by."""
    return Reason("no_prices", None, "no known price of the past 18 months is left to act upon")


def reasons_of(
    action: Action,
    *,
    previous: Action | None,
    forecast: Forecast,
    utility: Utility,
    probabilities: Probabilities | None,
    policy: Policy,
    raw: Callable[[str], float],
    normalised: Callable[[str], float],
    moved: Sequence[Mapping[str, Any]] = (),
) -> tuple[Reason, ...]:
    """The rule that decided, then the two main drivers.

    `moved` are the inputs that moved the forecast, largest first, as explanations have them;
    without them, what stands out most among the universe.
    """
    rule = _rule(action, previous, forecast, utility, probabilities, policy)
    drivers = _movers(action, moved) if moved else _drivers(action, raw, normalised)
    return (*rule, *drivers)


def _movers(action: Action, moved: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Inputs that moved the forecast the way of the action; for HOLD whatever moved it most."""
    side = {"BUY": 1.0, "SELL": -1.0, "HOLD": 0.0}[action]
    found: dict[str, Reason] = {}
    for one in moved:
        name = str(one["input"]).rpartition(".")[2]
        if one["by"] * side < 0 or name in found:
            continue
        way = "a rise" if one["by"] > 0 else "a fall"
        words = f"{one['words']} {one['value']}: speaks for {way}"
        found[name] = Reason(name, float(one["by"]), words)
    return tuple(found.values())[:DRIVERS_SHOWN]


def _rule(
    action: Action,
    previous: Action | None,
    forecast: Forecast,
    utility: Utility,
    probabilities: Probabilities | None,
    policy: Policy,
) -> tuple[Reason, ...]:
    worth = utility.buy if action != "SELL" else utility.sell
    expected = f"{100 * forecast.expected_return:+.1f} % expected in {forecast.horizon_days} days"
    if action != "HOLD":
        if worth <= policy.hysteresis:
            words = f"stays {action} until utility falls below {-policy.hysteresis:+.2f}"
            return (Reason("hysteresis", worth, words),)
        return (Reason("utility", worth, f"{expected}, {worth:+.3f} after the price of risk"),)
    best = max(utility.buy, utility.sell)
    if best > policy.hysteresis and probabilities is not None:
        side = "SELL" if utility.buy > utility.sell else "BUY"
        chance = probabilities.of("SELL" if side == "SELL" else "BUY")
        words = f"the classifier leans to {side} at {100 * chance:.0f} %, against the forecast"
        return (Reason("classifier", chance, words),)
    if previous in ("BUY", "SELL"):
        left = utility.buy if previous == "BUY" else utility.sell
        words = f"no longer {previous}: {expected}, {left:+.3f} after the price of risk"
        return (Reason("utility", left, words),)
    return (Reason("risk", best, f"{expected}, not enough for the risk ({best:+.3f})"),)


def _drivers(
    action: Action, raw: Callable[[str], float], normalised: Callable[[str], float]
) -> tuple[Reason, ...]:
    """Drivers in favour of the action first; for HOLD whatever stands out."""
    side = {"BUY": 1, "SELL": -1, "HOLD": 0}[action]
    scored = []
    for place, driver in enumerate(DRIVERS):
        z, x = normalised(driver.feature), raw(driver.feature)
        if math.isnan(z) or math.isnan(x):
            continue
        pull = z * driver.for_buying * side if side else abs(z)
        if pull >= NOTABLE:
            scored.append((-pull, place, Reason(driver.feature, x, driver.words(x))))
    return tuple(reason for _, _, reason in sorted(scored)[:DRIVERS_SHOWN])
