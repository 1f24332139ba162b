"""Judges a night by what is forecast of it: utilities, actions, convictions and reasons."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import numpy as np

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.conviction import ConvictionMap, forecast_conviction
from signals_svc.domain.decision import (
    Action,
    Forecast,
    Policy,
    Probabilities,
    Utility,
    action_of,
    utility_of,
)
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast import Quantiles, ewma_forecast
from signals_svc.domain.reasons import divergent as divergent_reason
from signals_svc.domain.reasons import illiquid, reasons_of
from signals_svc.domain.signal import Reason, Signal, rounded
from signals_svc.domain.snapshot import Snapshot
from signals_svc.domain.spoken import Spoken

# Raw features that a signal repeats, so that it can be read without its snapshot.
SHOWN = ("momentum_30", "momentum_90", "volatility_365", "drawdown_365", "trades_90", "premium_raw")
DIGEST_BYTES = 16

NOTHING_DIVERGENT: Mapping[Instrument, float] = {}

# By instrument and horizon the inputs that moved its forecast, as explanations have them.
Moved = Mapping[tuple[Instrument, int], Sequence[Mapping[str, Any]]]
NOTHING_MOVED: Moved = {}

Actions = Mapping[tuple[Instrument, int], Action]


@dataclass(frozen=True)
class Said:
    """A classifier's chances of the three labels of one instrument."""

    version: str
    chances: Probabilities
    conviction: ConvictionMap


@dataclass(frozen=True)
class Voice:
    """What classifiers say about one horizon, an entry an instrument; None says nothing of it."""

    horizon_days: int
    said: tuple[Said | None, ...]


def judge(
    snapshot: Snapshot,
    *,
    spoken: Mapping[int, Spoken],
    voice: Voice | None,
    previous: Actions,
    policy: Policy,
    divergent: Mapping[Instrument, float] = NOTHING_DIVERGENT,
    moved: Moved = NOTHING_MOVED,
) -> list[Signal]:
    """Pure: the same snapshot, forecasts, chances, previous actions and flags give the same bytes.

    A signal an instrument and horizon of `spoken`. `divergent` are instruments whose prices
    disagree, by a factor: they are held. `moved` are the inputs that moved a forecast, if known.
    """
    if not snapshot.instruments:
        return []
    liquid = snapshot.liquid
    signals = []
    for horizon, forecasts in spoken.items():
        speaking = voice if voice is not None and voice.horizon_days == horizon else None
        fitted = ewma_forecast(snapshot.raw, horizon) if speaking else None
        for place, instrument in enumerate(snapshot.instruments):
            said = speaking.said[place] if speaking else None
            factor = divergent.get(instrument)
            why = moved.get((instrument, horizon), ())
            case = _Case(
                snapshot, place, horizon, forecasts, fitted, said, previous, policy, factor, why
            )
            signals.append(case.signal(bool(liquid[place])))
    return signals


@dataclass(frozen=True)
class _Case:
    """One instrument at one horizon."""

    snapshot: Snapshot
    place: int
    horizon_days: int
    spoken: Spoken
    fitted: Quantiles | None  # by EWMA: what a classifier's convictions were fitted on
    said: Said | None
    previous_actions: Actions
    policy: Policy
    divergence: float | None  # the factor by which its prices disagree, if they do
    moved: Sequence[Mapping[str, Any]]

    @property
    def instrument(self) -> Instrument:
        return self.snapshot.instruments[self.place]

    @property
    def asof_ts(self) -> datetime:
        return end_of(self.snapshot.as_of)

    @property
    def model_version(self) -> str:
        """Who forecast and, where a classifier spoke too, who that was."""
        forecaster = self.spoken.versions[self.place]
        return f"{forecaster}+{self.said.version}" if self.said else forecaster

    @property
    def previous(self) -> Action | None:
        return self.previous_actions.get((self.instrument, self.horizon_days))

    @cached_property
    def forecast(self) -> Forecast | None:
        q10, q50, q90 = (float(one) for one in self.spoken.quantiles[self.place])
        return None if np.isnan(q50) else Forecast(self.horizon_days, q10, q50, q90)

    @property
    def probabilities(self) -> Probabilities | None:
        """None where nothing is known to forecast from: of that a classifier knows no more."""
        return self.said.chances if self.said and self.forecast else None

    def signal(self, liquid: bool) -> Signal:
        forecast = self.forecast
        if self.divergence is not None:
            return self._signal("HOLD", 0.0, forecast, (divergent_reason(self.divergence),))
        if forecast is None or not liquid:
            reason = illiquid(
                int(self.snapshot.recency_days[self.place]),
                int(self.snapshot.bars_365[self.place]),
                self.snapshot.series[self.place],
            )
            return self._signal("HOLD", self._illiquid_conviction(forecast), forecast, (reason,))
        utility = utility_of(forecast, self.policy)
        action = action_of(utility, self.probabilities, self.previous, self.policy)
        reasons = reasons_of(
            action,
            previous=self.previous,
            forecast=forecast,
            utility=utility,
            probabilities=self.probabilities,
            policy=self.policy,
            raw=partial(self._value, self.snapshot.raw),
            normalised=partial(self._value, self.snapshot.normalised),
            moved=self.moved,
        )
        return self._signal(action, self._conviction(action, forecast, utility), forecast, reasons)

    def _conviction(self, action: Action, forecast: Forecast, utility: Utility) -> float:
        if self.said is None:
            return forecast_conviction(action, forecast, self.policy.costs.break_even)
        return self.said.conviction(action, self.said.chances, self._fitted_utility() or utility)

    def _fitted_utility(self) -> Utility | None:
        if self.fitted is None:
            return None
        q10, q50, q90 = (
            float(column[self.place])
            for column in (self.fitted.q10, self.fitted.q50, self.fitted.q90)
        )
        if np.isnan(q50):
            return None
        return utility_of(Forecast(self.horizon_days, q10, q50, q90), self.policy)

    def _illiquid_conviction(self, forecast: Forecast | None) -> float:
        """Nothing is known of what will come where there is no forecast."""
        if forecast is None:
            return 0.0
        return forecast_conviction("HOLD", forecast, self.policy.costs.break_even)

    def _value(self, columns: Mapping[str, np.ndarray], name: str) -> float:
        return float(columns[name][self.place])

    def _signal(
        self,
        action: Action,
        conviction: float,
        forecast: Forecast | None,
        reasons: tuple[Reason, ...],
    ) -> Signal:
        utility = utility_of(forecast, self.policy) if forecast else None
        chances = self.probabilities
        inputs = self._inputs(forecast)
        return Signal(
            instrument=self.instrument,
            horizon_days=self.horizon_days,
            asof_ts=self.asof_ts,
            model_version=self.model_version,
            feature_version=FEATURE_VERSION,
            action=action,
            conviction=round(conviction, 6),
            expected_return=rounded(forecast.expected_return if forecast else None),
            risk=rounded(forecast.risk if forecast else None),
            utility=rounded(utility.buy if utility else None),
            utility_sell=rounded(utility.sell if utility else None),
            p_buy=rounded(chances.buy if chances else None),
            p_hold=rounded(chances.hold if chances else None),
            p_sell=rounded(chances.sell if chances else None),
            price_cents=int(self.snapshot.close_cents[self.place]),
            series=self.snapshot.series[self.place],
            reasons=tuple(one._replace(value=rounded(one.value)) for one in reasons),
            inputs=inputs,
            fingerprint=self._fingerprint(inputs),
        )

    def _inputs(self, forecast: Forecast | None) -> dict[str, float | str | None]:
        shown = {name: self._value(self.snapshot.raw, name) for name in SHOWN}
        disagrees = {} if self.divergence is None else {"divergence": rounded(self.divergence)}
        return {
            **disagrees,
            "snapshot": self.snapshot.fingerprints[self.place],
            "previous": self.previous,
            "q10": rounded(forecast.q10 if forecast else None),
            "q50": rounded(forecast.q50 if forecast else None),
            "q90": rounded(forecast.q90 if forecast else None),
            "recency_days": int(self.snapshot.recency_days[self.place]),
            "bars_365": int(self.snapshot.bars_365[self.place]),
            "risk_aversion": self.policy.risk_aversion,
            "hysteresis": self.policy.hysteresis,
            "break_even": rounded(self.policy.costs.break_even),
            **{name: None if math.isnan(x) else rounded(x) for name, x in shown.items()},
        }

    def _fingerprint(self, inputs: dict[str, float | str | None]) -> str:
        parts = (
            self.model_version,
            FEATURE_VERSION,
            str(self.instrument),
            self.horizon_days,
            self.asof_ts.isoformat(),
            *(f"{name}={value!r}" for name, value in sorted(inputs.items())),
        )
        text = "\x1f".join(map(str, parts))
        return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()
