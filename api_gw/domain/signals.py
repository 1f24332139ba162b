"""A signal as readers see it. Frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Reason(NamedTuple):
    """Why a signal is as it is: a stable code, the number behind it, words with the unit."""

    code: str
    value: float | None
    words: str


@dataclass(frozen=True)
class Signal:
    """The action for one horizon as of a moment. Fractions are None where nothing was forecast."""

    horizon_days: int
    asof_ts: datetime
    action: str
    conviction: float
    expected_return: float | None
    risk: float | None
    utility: float | None
    price_cents: int
    series: str
    reasons: tuple[Reason, ...]
    model_version: str
    feature_version: str


def age_days(signal: Signal, *, at: datetime) -> int:
    """Whole days since the signal's as-of time; 0 for one of the future, as simulations have."""
    return max(0, (at - signal.asof_ts).days)
