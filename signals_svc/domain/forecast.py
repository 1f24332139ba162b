"""The EWMA forecast: quantiles of the log return over a horizon from drift, spread and bounce."""

from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Floats, Ints, Singles

EWMA_VERSION = "ewma-1"
HORIZONS = (7, 30, 90)

Z90 = 1.2815515655446004  # standard normal quantile of 0.9
DECILES_PER_SIGMA = 2.563  # (q90 - q10) over this is sigma, as DOMAIN words it

# A trend of the past weeks fades, and all of it to come is worth this many days of it. Of 30, 60
# and 90 the least pinball loss on daily sales, on monthly quotes and on the simulated market.
FADE_DAYS = 30.0
MAX_LOG_RETURN = 0.6931471805599453  # ln 2: nobody may forecast more than a doubling or a halving
MAX_SIGMA = 1.5  # of a log return to the horizon; beyond it the quantiles say "unknown"


@dataclass(frozen=True)
class Quantiles:
    """Of the log return over `horizon_days`, one value per instrument; NaN is no forecast."""

    horizon_days: int
    q10: Floats
    q50: Floats
    q90: Floats

    @property
    def sigma(self) -> Floats:
        """Spread of the log return over the whole horizon."""
        return (self.q90 - self.q10) / DECILES_PER_SIGMA


def reach_days(horizon_days: int) -> float:
    """Days of undamped drift that a fading drift is worth over the horizon."""
    return float(FADE_DAYS * -np.expm1(-horizon_days / FADE_DAYS))


def ewma_forecast(raw: dict[str, Singles], horizon_days: int) -> Quantiles:
    """From the frozen forecast inputs of the features; the band holds the drift's own error too.

    The next print differs from today's by two bounces, whatever the horizon.
    """
    middle, spread = _middle_and_spread(raw, np.array([horizon_days]))
    q50, width = middle[:, 0], Z90 * spread[:, 0]
    return Quantiles(horizon_days, q50 - width, q50, q50 + width)


def ewma_steps(raw: dict[str, Singles], days: Ints) -> tuple[Floats, Floats]:
    """Its middle and its spread (from the outer quantiles, as everywhere) at each of these days,
    [n, len(days)] each."""
    middle, spread = _middle_and_spread(raw, days)
    width = Z90 * spread
    return middle, ((middle + width) - (middle - width)) / DECILES_PER_SIGMA


def _middle_and_spread(raw: dict[str, Singles], days: Ints) -> tuple[Floats, Floats]:
    drift, error, sigma_day, bounce, recency = (
        raw[name].astype(np.float64)[:, None]
        for name in ("drift_day", "drift_error_day", "sigma_day", "bounce", "recency_days")
    )
    reach = np.array([reach_days(int(horizon)) for horizon in days])
    middle = np.clip(drift * reach, -MAX_LOG_RETURN, MAX_LOG_RETURN)
    variance = sigma_day**2 * (days + recency) + 2 * bounce**2 + (error * reach) ** 2
    return middle, np.minimum(np.sqrt(variance), MAX_SIGMA)
