"""Owns what the API tells of why a signal is as it is, as it was known at a moment."""

import json
import math
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api

PATH = "/cards/base1-4/signal/explain?grade=psa10"
MOVED = {"input": "x.momentum_180", "words": "half a year", "value": "-40 %", "by": 0.2}
BODY: dict[str, Any] = {
    "forecast": {"model_version": "trees-1", "told": True, "inputs": [MOVED], "others": -0.05},
    "classifier": None,
    "looked_at": {
        "model_version": "tft-1",
        "told": False,
        "inputs": [{"group": "past", "input": "level", "words": "level", "share": 0.6}],
        "weeks": [0.7, 0.3],
    },
    "alike": {
        "horizon_days": 90,
        "cases": [
            {
                "card_id": "base1-2",
                "grade_code": "raw",
                "day": "2026-01-04",
                "apart": 0.4,
                "outcome": 0.1,
            }
        ],
        "nearest": 30,
        "median": 0.02,
        "risen": 0.6,
    },
}


def forecast(
    market: Arrangement,
    version: str,
    q50: float,
    *,
    horizon: int = 90,
    known_at: datetime = NIGHT,
) -> None:
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.forecasts (card_id, grade_code, horizon_days, asof_ts,"
            " model_version, q10, q50, q90, fingerprint, known_at)"
            " values ('base1-4', 'psa10', %s, %s, %s, %s, %s, %s, 'f', %s)",
            (horizon, NIGHT, version, q50 - 0.1, q50, q50 + 0.1, known_at),
        )


def told(market: Arrangement, body: dict[str, Any], *, known_at: datetime = NIGHT) -> None:
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.explanations values"
            " ('base1-4', 'psa10', 90, %s, 'trees-1', %s, 'f', %s)",
            (NIGHT, json.dumps(body), known_at),
        )


def explained(api: Api, path: str = PATH) -> dict[str, Any]:
    answer = api(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_explanation_tells_the_signal_its_fan_and_what_its_night_told_of_why(
    market: Arrangement, own_api: Api
) -> None:
    forecast(market, "ewma-1", 0.0)
    forecast(market, "ewma-1", math.log(1.1), horizon=7)
    # Heard, and told to nobody.
    forecast(market, "tft-1", 0.5, known_at=NIGHT + timedelta(hours=1))
    told(market, BODY)
    found = explained(own_api)
    assert found["signal"]["action"] == "BUY"
    assert [(one["horizon_days"], one["model_version"]) for one in found["fan"]] == [
        (7, "ewma-1"),
        (90, "ewma-1"),
    ]
    price = found["signal"]["price_cents"]
    week, quarter = found["fan"]
    assert week["middle_cents"] == round(1.1 * price)
    assert quarter["low_cents"] < quarter["middle_cents"] == price < quarter["high_cents"]
    assert {name: found[name] for name in BODY} == BODY
    assert (found["previous"], found["changed"]) == (None, [])


def test_what_changed_since_the_night_before_is_told_in_words(
    market: Arrangement, own_api: Api
) -> None:
    market.signal("base1-4", "psa10", "HOLD", asof=NIGHT - timedelta(days=1), model="naive-1")
    market.signal("base1-4", "psa10", "SELL", asof=NIGHT - timedelta(days=9))
    found = explained(own_api)
    assert found["previous"]["action"] == "HOLD"
    assert found["changed"] == [
        {"what": "action", "before": "HOLD", "after": "BUY"},
        {"what": "who spoke", "before": "naive-1", "after": "ewma-1"},
    ]


def test_what_was_told_later_is_no_answer_for_the_moment_before(
    market: Arrangement, own_api: Api
) -> None:
    told(market, BODY)
    later = {**BODY, "forecast": None}
    told(market, later, known_at=NIGHT + timedelta(hours=3))
    assert explained(own_api)["forecast"] is None
    moment = (NIGHT + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    assert explained(own_api, f"{PATH}&as_of={moment}")["forecast"] == BODY["forecast"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cards/base9-9/signal/explain", "There is no card"),
        ("/cards/base1-4/signal/explain?grade=psa1", "no price as psa1"),
        (
            "/cards/base1-4/signal/explain?grade=psa10&horizon=5",
            "Horizons with a signal: 7, 30, 90 days",
        ),
    ],
)
def test_what_is_missing_is_named(api: Api, path: str, said: str) -> None:
    answer = api(path)
    assert answer.status_code == 404
    assert said in answer.json()["detail"]
