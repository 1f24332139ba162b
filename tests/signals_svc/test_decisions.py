"""Utility, action, conviction and label by the rules, including the worked example."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_svc.domain.conviction import ConvictionMap, LogisticMap, forecast_conviction
from signals_svc.domain.costs import Costs
from signals_svc.domain.decision import (
    ACTIONS,
    Action,
    Forecast,
    Policy,
    Probabilities,
    Utility,
    action_of,
    utility_of,
)
from signals_svc.domain.labels import NO_LABEL, labels_of

POLICY = Policy()
BREAK_EVEN = POLICY.costs.break_even
EXAMPLE = Forecast(90, q10=-0.30, q50=math.log(1.20), q90=0.50)
UP, DOWN = Probabilities(0.5, 0.3, 0.2), Probabilities(0.2, 0.3, 0.5)


def test_the_worked_example_of_the_utility() -> None:
    assert EXAMPLE.sigma == pytest.approx(0.312, abs=5e-4)
    assert EXAMPLE.sigma / math.sqrt(90) == pytest.approx(0.0329, abs=5e-5)
    assert utility_of(EXAMPLE, POLICY).buy == pytest.approx(0.0684, abs=5e-5)
    assert EXAMPLE.risk == pytest.approx(0.0329 * math.sqrt(365), abs=1e-3)


def test_every_horizon_pays_the_same_price_of_risk() -> None:
    at_90 = utility_of(Forecast(90, -0.1, 0.0, 0.1), POLICY)
    at_7 = utility_of(Forecast(7, -0.1, 0.0, 0.1), POLICY)
    assert at_90 == at_7


@pytest.mark.parametrize(
    ("buy", "sell", "chances", "previous", "action"),
    [
        (0.021, -0.3, None, None, "BUY"),
        (0.020, -0.3, None, None, "HOLD"),
        (0.021, -0.3, DOWN, None, "HOLD"),
        (0.021, -0.3, UP, None, "BUY"),
        (-0.019, -0.3, None, "BUY", "BUY"),
        (-0.019, -0.3, DOWN, "BUY", "BUY"),
        (-0.020, -0.3, None, "BUY", "HOLD"),
        (-0.019, -0.3, None, "HOLD", "HOLD"),
        (-0.3, 0.021, None, None, "SELL"),
        (-0.3, 0.021, UP, None, "HOLD"),
        (-0.3, 0.021, DOWN, "BUY", "SELL"),
        (-0.3, -0.019, None, "SELL", "SELL"),
        (-0.3, -0.020, None, "SELL", "HOLD"),
        (0.021, -0.1, None, "SELL", "BUY"),
    ],
)
def test_action_table(
    buy: float, sell: float, chances: Probabilities | None, previous: Action | None, action: Action
) -> None:
    assert action_of(Utility(buy, sell), chances, previous, POLICY) == action


quantiles = st.tuples(
    st.floats(-2, 2), st.floats(0, 3), st.floats(0, 3), st.sampled_from([7, 30, 90])
).map(lambda x: Forecast(x[3], x[0] - x[1], x[0], x[0] + x[2]))


@given(quantiles)
def test_buying_and_selling_are_never_both_worth_it(forecast: Forecast) -> None:
    utility = utility_of(forecast, POLICY)
    assert utility.buy + utility.sell <= 1e-12


@given(quantiles, st.sampled_from(ACTIONS))
def test_a_forecasts_conviction_is_a_probability(forecast: Forecast, action: Action) -> None:
    assert 0.0 <= forecast_conviction(action, forecast, BREAK_EVEN) <= 1.0


@given(
    st.floats(0, 1),
    st.floats(-5, 5),
    st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9)),
)
def test_a_fitted_conviction_is_a_probability(
    p: float, utility: float, coefficients: tuple[float, float, float]
) -> None:
    fitted = ConvictionMap(buy=LogisticMap(*coefficients))
    chances = Probabilities(p, 1 - p, 0.0)
    assert 0.0 <= fitted("BUY", chances, Utility(utility, -utility)) <= 1.0


def test_the_convictions_of_a_forecast_are_the_normal_probabilities_of_its_labels() -> None:
    forecast = Forecast(90, -0.4, 0.0, 0.4)
    shares = [forecast_conviction(action, forecast, BREAK_EVEN) for action in ACTIONS]
    assert sum(shares) == pytest.approx(1.0)
    assert shares[0] == pytest.approx(shares[2])
    assert shares[0] == pytest.approx(0.5 * math.erfc(BREAK_EVEN / forecast.sigma / math.sqrt(2)))


def test_the_break_even_pays_both_fees_and_slippage_on_both_sides() -> None:
    assert Costs().break_even == pytest.approx(math.log(1.05 / 0.90))
    assert Costs().break_even == pytest.approx(0.154, abs=5e-4)
    dear = Costs(buy=0.10, sell=0.20, slippage=0.02)
    assert dear.break_even == pytest.approx(math.log(1.10 * 1.02 / (0.80 * 0.98)))


def test_dearer_trading_makes_fewer_labels_and_less_conviction_of_acting() -> None:
    dear = Costs(sell=0.20).break_even
    assert labels_of(np.array([0.2, -0.2]), BREAK_EVEN).tolist() == [0, 2]
    assert labels_of(np.array([0.2, -0.2]), dear).tolist() == [1, 1]
    assert forecast_conviction("BUY", EXAMPLE, dear) < forecast_conviction(
        "BUY", EXAMPLE, BREAK_EVEN
    )


@pytest.mark.parametrize(
    ("log_return", "label"),
    [
        (0.15416, "BUY"),
        (0.15414, "HOLD"),
        (0.0, "HOLD"),
        (-0.15414, "HOLD"),
        (-0.15416, "SELL"),
        (BREAK_EVEN, "HOLD"),
        (-BREAK_EVEN, "HOLD"),
    ],
)
def test_a_label_says_whether_both_costs_were_earned_back(log_return: float, label: Action) -> None:
    assert ACTIONS[labels_of(np.array([log_return]), BREAK_EVEN)[0]] == label


def test_no_return_is_no_label() -> None:
    assert labels_of(np.array([np.nan]), BREAK_EVEN).tolist() == [NO_LABEL]
