"""Owns what the API tells of a set's cards together, as it was known at a moment."""

import json
from datetime import datetime, timedelta

import psycopg

from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api

PATH = "/sets/base1/signal/explain"
INPUT = {"input": "x.momentum_180", "words": "half a year", "by": 0.01, "size": 0.04}


def told(
    market: Arrangement, tier: str, together: float, *, night: datetime = NIGHT, late: int = 0
) -> None:
    body = {"inputs": [INPUT], "others": 0.0, "together": together}
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.models (model_version, family, created_at, trained_through,"
            " feature_version) values ('trees-1', 'baseline', now(), '-infinity', 'x')"
            " on conflict do nothing"
        )
        connection.execute(
            "insert into signals.cohort_explanations values"
            " ('base1', %s, 90, %s, 'forecast', 'trees-1', 7, %s, '', %s)",
            (tier, night, json.dumps(body), night + timedelta(hours=late)),
        )


def test_the_newest_word_on_the_newest_night_is_told_by_tier(
    market: Arrangement, own_api: Api
) -> None:
    told(market, "no sales", 0.5, night=NIGHT - timedelta(days=1))
    told(market, "1 to 5 sales", 0.1)
    told(market, "1 to 5 sales", 0.2, late=3)
    answer = own_api(PATH)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["asof_ts"] == NIGHT.isoformat().replace("+00:00", "Z")
    assert [(one["tier"], one["together"]) for one in body["cohorts"]] == [("1 to 5 sales", 0.2)]
    assert body["cohorts"][0]["inputs"] == [INPUT]
    assert body["cohorts"][0]["instruments"] == 7
    before = own_api(f"{PATH}?as_of={NIGHT:%Y-%m-%dT%H:%M:%SZ}").json()
    assert [one["together"] for one in before["cohorts"]] == [0.1]


def test_a_set_nobody_knows_and_one_nobody_told_of_are_named(own_api: Api) -> None:
    unknown = own_api("/sets/base9/signal/explain")
    assert unknown.status_code == 404
    assert "base9" in unknown.json()["detail"]
    nothing = own_api(PATH)
    assert nothing.status_code == 404
    assert "No night has told" in nothing.json()["detail"]
