"""Why a signal is as it is, and what changed since the one before. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from api_gw.domain.signals import Signal


class Band(NamedTuple):
    """A forecast at one horizon: quantiles 0.1, 0.5 and 0.9 of the log return."""

    horizon_days: int
    model_version: str
    q10: float
    q50: float
    q90: float

    def cents(self, price_cents: int) -> tuple[int, int, int]:
        """The quantiles as prices, rounded half to even."""
        low, middle, high = (
            round(price_cents * math.exp(one)) for one in (self.q10, self.q50, self.q90)
        )
        return low, middle, high


class Change(NamedTuple):
    """A number or word that differs from the signal before."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Explanation:
    """A signal, the one before, its forecasts, and what the night that said it told of why."""

    signal: Signal
    previous: Signal | None
    changed: tuple[Change, ...]
    fan: tuple[Band, ...]
    told: Mapping[str, Any]


INPUTS = {
    "momentum_30": "price change in 30 days",
    "momentum_90": "price change in 90 days",
    "volatility_365": "price swings of a year",
    "drawdown_365": "distance from the high of a year",
    "trades_90": "sales of 90 days",
    "premium_raw": "PSA 10 premium over raw",
}
LOG_RETURNS = frozenset({"momentum_30", "momentum_90", "premium_raw"})


def changes(
    before: Signal, after: Signal, inputs_before: Mapping[str, Any], inputs_after: Mapping[str, Any]
) -> tuple[Change, ...]:
    """What differs as people read it: the signal's own numbers, then its inputs."""
    own = (
        ("action", before.action, after.action),
        ("who spoke", before.model_version, after.model_version),
        ("price", _dollars(before.price_cents), _dollars(after.price_cents)),
        ("expected return", _percent(before.expected_return), _percent(after.expected_return)),
        ("risk a year", _percent(before.risk), _percent(after.risk)),
        ("utility", _number(before.utility), _number(after.utility)),
        ("conviction", _percent(before.conviction), _percent(after.conviction)),
    )
    named = (
        (words, _input(name, inputs_before.get(name)), _input(name, inputs_after.get(name)))
        for name, words in INPUTS.items()
    )
    return tuple(_differing((*own, *named)))


def _differing(rows: tuple[tuple[str, str, str], ...]) -> Iterator[Change]:
    return (Change(*row) for row in rows if row[1] != row[2])


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:+.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _input(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "trades_90":
        return f"{value:.0f}"
    return _percent(math.expm1(value) if name in LOG_RETURNS else value)
