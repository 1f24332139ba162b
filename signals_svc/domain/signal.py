"""A signal as it is stored and served, and the flip it may be."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.ids import Instrument
from signals_svc.domain.decision import Action

DECIMALS = 6  # of what is stored; a fraction of a basis point


class Reason(NamedTuple):
    """Why a signal is as it is: a stable code, the number behind it, words with the unit."""

    code: str
    value: float | None
    words: str


@dataclass(frozen=True)
class Signal:
    """The action for one instrument and horizon as of a moment.

    Returns, risk (annualised), utilities and probabilities are fractions. Without a forecast they
    are missing. `inputs` are the numbers the decision rests on, `fingerprint` is their hash.
    """

    instrument: Instrument
    horizon_days: int
    asof_ts: datetime
    model_version: str
    feature_version: str
    action: Action
    conviction: float
    expected_return: float | None
    risk: float | None
    utility: float | None
    utility_sell: float | None
    p_buy: float | None
    p_hold: float | None
    p_sell: float | None
    price_cents: int
    series: str
    reasons: tuple[Reason, ...]
    inputs: dict[str, float | str | None]
    fingerprint: str


class Quantile(NamedTuple):
    """One stored forecast: quantiles of the log return over the horizon."""

    instrument: Instrument
    horizon_days: int
    asof_ts: datetime
    model_version: str
    q10: float
    q50: float
    q90: float
    fingerprint: str


class Chance(NamedTuple):
    """A classifier's stored chances of the labels of one horizon."""

    instrument: Instrument
    horizon_days: int
    asof_ts: datetime
    model_version: str
    p_buy: float
    p_hold: float
    p_sell: float
    fingerprint: str


class Flip(NamedTuple):
    """A signal whose action differs from what readers last saw of the instrument."""

    card_id: str
    grade_code: str
    horizon_days: int
    asof_ts: datetime
    model_version: str
    from_action: str
    to_action: str
    conviction: float


def rounded(value: float | None) -> float | None:
    """As stored."""
    return None if value is None else round(value, DECIMALS)


def flip_of(signal: Signal, announced: Action | None) -> Flip | None:
    """The flip a signal is against the action last announced; the first signal is none."""
    if announced is None or announced == signal.action:
        return None
    return Flip(
        card_id=signal.instrument.card_id,
        grade_code=signal.instrument.grade_code,
        horizon_days=signal.horizon_days,
        asof_ts=signal.asof_ts,
        model_version=signal.model_version,
        from_action=announced,
        to_action=signal.action,
        conviction=signal.conviction,
    )
