"""The EWMA forecast against numbers worked out by hand: its middle, and each part of its band."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from signals_svc.domain.arrays import Floats
from signals_svc.domain.bars import bars_of
from signals_svc.domain.forecast import Z90, Quantiles, ewma_forecast
from signals_svc.domain.own_features import own_features
from signals_svc.domain.series import series_in_use
from tests.signals_svc.market_builder import Bar, frame

TODAY = date(2026, 6, 30)
REACH_90 = 28.506388  # 30 (1 - exp(-90 / 30)): days of drift that a fading one is worth


def forecast(**given: float) -> Quantiles:
    """Over 90 days for a calm price of sigma 1 % a day, changed as given."""
    calm = {"drift_day": 0.0, "drift_error_day": 0.0, "sigma_day": 0.01, "bounce": 0.0}
    inputs = calm | {"recency_days": 0.0} | given
    return ewma_forecast({name: np.array([x], np.float32) for name, x in inputs.items()}, 90)


def variance(found: Quantiles) -> float:
    """Of the log return to the horizon, read back from the band."""
    return float(((found.q90 - found.q10) / (2 * Z90))[0] ** 2)


def test_a_drift_fades_and_moves_the_middle_alone() -> None:
    found = forecast(drift_day=0.002)
    assert found.q50[0] == pytest.approx(0.002 * REACH_90, rel=1e-6)
    assert variance(found) == pytest.approx(variance(forecast()))


def test_the_band_of_a_fresh_price_grows_with_the_days_to_the_horizon() -> None:
    assert variance(forecast()) == pytest.approx(0.01**2 * 90, rel=1e-6)


def test_a_price_of_ten_days_ago_has_ten_days_more_to_move() -> None:
    assert variance(forecast(recency_days=10.0)) == pytest.approx(0.01**2 * 100, rel=1e-6)


def test_the_last_print_and_the_next_bounce_once_each() -> None:
    assert variance(forecast(bounce=0.05)) == pytest.approx(0.009 + 2 * 0.0025, rel=1e-6)


def test_the_band_holds_what_the_drift_may_be_wrong_by() -> None:
    found = forecast(drift_error_day=0.002)
    assert variance(found) == pytest.approx(0.009 + (0.002 * REACH_90) ** 2, rel=1e-6)


def drift(log_prices: list[float], *, step: int) -> dict[str, Floats]:
    """Of a price with a bar every `step` days, the last one today."""
    ages = range(step * (len(log_prices) - 1), -1, -step)
    bars = bars_of(
        frame(
            [
                Bar("a", "raw", TODAY - timedelta(days=age), round(1e7 * math.exp(price)))
                for age, price in zip(ages, log_prices, strict=True)
            ]
        )
    )
    return own_features(series_in_use(bars, TODAY))


def test_a_drift_is_believed_as_far_as_one_standard_error_leaves_room() -> None:
    """13 bars ten days apart, each 1 % up: nothing deviates, so sigma is the least there may be.

    Drift 0.001 a day over the 11 older returns, whose weights halve every 30 days: the sum of
    2^(-k/3) is 3.54436 and of its squares 1.69186, so the error is 0.004^2 / 10 x 1.69189 /
    3.54436^2 = 2.15480e-7 against a drift of 1e-6 squared: 78.4520 % are believed.
    """
    found = drift([0.01 * n for n in range(13)], step=10)
    assert found["sigma_day"][0] == pytest.approx(0.004)
    assert found["bounce"][0] == 0.0
    assert found["drift_day"][0] == pytest.approx(0.001 * 0.784520, rel=1e-4)
    assert found["drift_error_day"][0] == pytest.approx(math.sqrt(2.15480e-7 * 0.784520), rel=1e-4)


def test_a_drift_below_its_standard_error_is_not_believed_at_all() -> None:
    found = drift([0.004 * n for n in range(13)], step=10)
    assert found["drift_day"][0] == 0.0
    assert found["drift_error_day"][0] == 0.0


def test_prints_that_bounce_around_one_value_are_bounce_not_risk() -> None:
    """Returns of 0.1 up and down: 0.01 a bar, no more over 45 days. At most nine tenths count as
    bounce, so sigma^2 is 0.001 a day and bounce^2 half of what is left, 0.0045.
    """
    found = drift([0.05 if n % 2 else -0.05 for n in range(120)], step=1)
    assert found["sigma_day"][0] == pytest.approx(math.sqrt(0.001), rel=1e-3)
    assert found["bounce"][0] == pytest.approx(math.sqrt(0.0045), rel=1e-3)
