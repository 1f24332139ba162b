"""Owns what the API tells of registered models, and that a change of stage is one run."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api
from tests.api_gw.test_admin import BEARER, TOKEN, Airflow, Send, airflow, sending

__all__ = ["airflow", "sending"]

REGISTERED = datetime(2026, 9, 1, tzinfo=UTC)


def trained(
    market: Arrangement, version: str, *stages: str, family: str = "tft", loss: float = 0.1
) -> None:
    """A version that went through these stages, a day each."""
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.models values (%s, %s, %s, %s, 'price-1', %s, 'abc', %s)",
            (
                *(version, family, REGISTERED, REGISTERED, f"forecaster/{version}.zip"),
                json.dumps({"verdict": "fine", "horizons": {"90": {"pinball": loss}}}),
            ),
        )
        for place, stage in enumerate(stages):
            connection.execute(
                "insert into signals.promotions"
                " (family, model_version, stage, at, actor, reason, canary_percent)"
                " values (%s, %s, %s, %s, 'ann', 'so', %s)",
                (
                    *(family, version, stage, REGISTERED + timedelta(days=place)),
                    10 if stage == "canary" else None,
                ),
            )


def said(market: Arrangement, version: str, q50: float, *, night: datetime = NIGHT) -> None:
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.forecasts (card_id, grade_code, horizon_days, asof_ts,"
            " model_version, q10, q50, q90, fingerprint, known_at)"
            " values ('base1-4', 'psa10', 90, %s, %s, -1, %s, 1, 'f', %s)",
            (night, version, q50, night),
        )


def test_every_version_is_listed_with_its_stage_and_who_speaks(
    market: Arrangement, own_api: Api
) -> None:
    trained(market, "tft-1", "staging", "shadow", "canary", "production")
    trained(market, "tft-2", "shadow", "canary", "production")
    trained(market, "tft-3", "staging", "shadow", "canary")
    trained(market, "gbdt-1", family="classifier")
    said(market, "tft-3", 0.1)
    said(market, "tft-3", 0.1, night=NIGHT - timedelta(days=1))
    found = {one["model_version"]: one for one in own_api("/models").json()["models"]}
    brief = {name: (one["stage"], one["speaks"]) for name, one in found.items()}
    assert brief == {
        "gbdt-1": ("staging", False),
        "tft-1": ("production", True),  # it entered last
        "tft-2": ("production", False),
        "tft-3": ("canary", True),
    }
    assert (found["tft-3"]["nights_heard"], found["tft-3"]["canary_percent"]) == (2, 10)


def test_a_version_tells_its_history_its_numbers_and_its_card(
    market: Arrangement, own_api: Api
) -> None:
    trained(market, "tft-1", "staging", "shadow", "retired")
    page = own_api("/models/tft-1").json()
    assert [(one["stage"], one["actor"]) for one in page["history"]] == [
        ("staging", "ann"),
        ("shadow", "ann"),
        ("retired", "ann"),
    ]
    assert page["stage"] == "retired"
    assert page["card_html"] == "forecaster/tft-1.html"
    assert page["metrics"]["horizons"]["90"]["pinball"] == 0.1
    answer = own_api("/models/tft-9")
    assert (answer.status_code, "GET /models names them" in answer.json()["detail"]) == (404, True)


def test_two_versions_are_compared_by_what_both_were_judged_by_and_said(
    market: Arrangement, own_api: Api
) -> None:
    trained(market, "tft-1", "shadow", loss=0.2)
    trained(market, "tft-2", "shadow", loss=0.1)
    said(market, "tft-1", 0.3)
    said(market, "tft-2", -0.1)
    said(market, "tft-2", 0.9, night=NIGHT - timedelta(days=1))  # the other said nothing that night
    found = own_api("/models/tft-1/comparison?with=tft-2").json()
    assert found["figures"] == [{"name": "horizons.90.pinball", "one": 0.2, "other": 0.1}]
    (quarter,) = found["apart"]
    assert quarter["mean_apart"] == pytest.approx(0.4)
    assert (quarter["rows"], quarter["same_side"], quarter["last_night"]) == (1, 0.0, "2026-09-30")


@pytest.fixture
def send(sending: Callable[..., Send], airflow: Airflow, market: Arrangement) -> Send:
    return sending(
        API_GW_DATABASE_URL=market.urls.api_gw,
        admin_token=TOKEN,
        airflow_url=airflow.url,
        airflow_user="pricer",
        airflow_password="air",
    )


def ask(send: Send, version: str, **wish: Any) -> Any:
    body = {"actor": "ann", **wish}
    return send("POST", f"/admin/models/{version}", json=body, headers=BEARER)


def test_a_change_of_stage_is_one_run_until_the_stage_has_changed(
    send: Send, airflow: Airflow, market: Arrangement
) -> None:
    trained(market, "tft-1", "shadow")
    first = ask(send, "tft-1", to="canary", percent=20)
    assert (first.status_code, first.json()["state"]) == (202, "queued")
    (run_id,) = airflow.runs
    assert airflow.runs[run_id]["conf"] == {
        "model_version": "tft-1",
        "to": "canary",
        "percent": 20,
        "actor": "ann",
        "reason": "asked for",
    }
    assert ask(send, "tft-1", to="canary", percent=20).json()["run_id"] == run_id
    airflow.runs[run_id]["state"] = "failed"
    airflow.results["promote"] = "Conflict: heard on 6 of 7 nights"  # type: ignore[assignment]
    progress = send("GET", f"/admin/model-runs/{run_id}", headers=BEARER).json()
    assert progress["refused"] == "Conflict: heard on 6 of 7 nights"
    assert ask(send, "tft-1", to="canary", percent=20).json()["state"] == "queued", "tried again"
    trained(market, "tft-2", "shadow")
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "insert into signals.promotions (family, model_version, stage, at, actor, reason)"
            " values ('tft', 'tft-1', 'retired', now(), 'ann', 'so')"
        )
    assert ask(send, "tft-1", to="canary", percent=20).json()["run_id"] != run_id


def test_only_who_holds_the_token_moves_a_version_that_exists(
    send: Send, airflow: Airflow, market: Arrangement
) -> None:
    trained(market, "tft-1", "shadow")
    body = {"actor": "ann"}
    assert send("POST", "/admin/models/tft-1", json=body).status_code == 401
    assert send("GET", "/admin/model-runs/models-1").status_code == 401
    assert ask(send, "tft-9").status_code == 404
    assert ask(send, "tft-1", percent=100).status_code == 422
    assert airflow.runs == {}


def test_a_signal_is_kept_for_less_than_a_rollback_may_take(own_api: Api) -> None:
    for path in ("/cards/base1-4/signal?grade=psa10", "/cards/base1-4"):
        kept = own_api(path).headers["cache-control"]
        seconds = [int(part.split("=")[1]) for part in kept.split(", ") if "=" in part]
        assert sum(seconds) <= 20, kept
