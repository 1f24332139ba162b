"""Backfills through the API: who may ask, that one wish is one run, and an Airflow that fails."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import anyio.from_thread
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api_gw.app import build_app
from api_gw.settings import ApiSettings
from stack.ports import PortBook
from tests.ingestion.served import served

TOKEN = "sixteen-letters-or-more"
WISH = {"sources": ["marketplace"], "from": "2026-09-01", "to": "2026-09-30"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Send = Callable[..., httpx.Response]


@dataclass
class Airflow:
    """A scheduler that answers as Airflow 3.3.1 was seen to answer; a test decides its faults."""

    url: str = ""
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    signed_in: int = 0

    def answer(self, method: str, path: str, token: str | None, body: Any) -> JSONResponse:
        self.calls.append(f"{method} {path.removeprefix('/api/v2/dags/dag_backfill/dagRuns')}")
        if self.faults:
            return JSONResponse({"detail": "no"}, self.faults.pop(0))
        if path == "/auth/token":
            self.signed_in += 1
            right = body == {"username": "pricer", "password": "air"}
            return JSONResponse({"access_token": f"t{self.signed_in}"}, 201 if right else 401)
        if token != f"Bearer t{self.signed_in}":
            return JSONResponse({"detail": "Not authenticated"}, 401)
        return self.of_run(method, path.split("/dagRuns")[1].strip("/"), body)

    def of_run(self, method: str, rest: str, body: Any) -> JSONResponse:
        if method == "POST" and not rest:
            if body["dag_run_id"] in self.runs:
                return JSONResponse({"detail": "exists"}, 409)
            self.runs[body["dag_run_id"]] = {"state": "queued", "conf": body["conf"]}
            return JSONResponse(self.runs[body["dag_run_id"]])
        run_id, _, more = rest.partition("/")
        if run_id not in self.runs:
            return JSONResponse({"detail": "none"}, 404)
        if more == "clear":
            assert body == {"dry_run": False, "only_failed": True}
            self.runs[run_id]["state"] = "queued"
        if more.startswith("taskInstances"):
            value = self.results.get(more.split("/")[1])
            return JSONResponse({"value": value}, 200 if value else 404)
        return JSONResponse(self.runs[run_id])


@pytest.fixture
def airflow(port_book: PortBook, first_port: int) -> Iterator[Airflow]:
    made = Airflow()
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def any_route(path: str, request: Request) -> JSONResponse:
        body = await request.json() if await request.body() else None
        return made.answer(request.method, f"/{path}", request.headers.get("Authorization"), body)

    with served(app, port_book.take("airflow", first_port)) as url:
        made.url = url
        yield made


@pytest.fixture
def sending() -> Iterator[Callable[..., Send]]:
    """Starts the API with these settings; it ends with the test."""
    with ExitStack() as stack:
        portal = stack.enter_context(anyio.from_thread.start_blocking_portal())

        def serve(**settings: str | None) -> Send:
            told = {"API_GW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", **settings}
            app = build_app(ApiSettings.model_validate(told))
            stack.enter_context(portal.wrap_async_context_manager(app.router.lifespan_context(app)))
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://api.test")

            def send(method: str, path: str, **options: Any) -> httpx.Response:
                return portal.call(lambda: client.request(method, path, **options))

            return send

        yield serve


@pytest.fixture
def send(sending: Callable[..., Send], airflow: Airflow) -> Send:
    return sending(
        admin_token=TOKEN, airflow_url=airflow.url, airflow_user="pricer", airflow_password="air"
    )


def ask(send: Send, **change: Any) -> httpx.Response:
    return send("POST", "/admin/backfills", json={**WISH, **change}, headers=BEARER)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic eA=="},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer x"},
    ],
)
def test_without_the_token_nobody_learns_or_starts_anything(
    send: Send, airflow: Airflow, headers: dict[str, str]
) -> None:
    for method, path in (("POST", "/admin/backfills"), ("GET", "/admin/backfills/backfill-1")):
        answer = send(method, path, json=WISH, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
    assert airflow.calls == []


def test_where_no_token_is_set_the_door_is_shut_to_everybody(sending: Callable[..., Send]) -> None:
    shut = sending()
    for headers in (BEARER, {}, {"Authorization": "Bearer None"}):
        answer = shut("POST", "/admin/backfills", json=WISH, headers=headers)
        assert (answer.status_code, "PRICER_ADMIN_TOKEN" in answer.text) == (403, True)


def test_the_same_wish_is_one_run_in_whatever_order_it_is_said(
    send: Send, airflow: Airflow
) -> None:
    two = ["base1-4:psa9", "base1-2:raw"]
    first, second = ask(send, instruments=two), ask(send, instruments=two[::-1])
    assert (first.status_code, first.json()["new"], second.json()["new"]) == (202, True, False)
    assert first.json()["run_id"] == second.json()["run_id"]
    assert first.headers["location"] == f"/admin/backfills/{first.json()['run_id']}"
    (run,) = airflow.runs.values()
    assert run["conf"] == {
        **WISH,
        "instruments": sorted(two),
        "mode": "missing",
        "refetch": False,
        "dry_run": False,
        "reference": None,
    }
    assert ask(send, instruments=two, reference="again").json()["new"]


def test_a_failed_run_is_started_again_under_its_own_name(send: Send, airflow: Airflow) -> None:
    run_id = ask(send).json()["run_id"]
    airflow.runs[run_id]["state"] = "failed"
    again = ask(send).json()
    assert again == {"run_id": run_id, "state": "queued", "new": True}
    assert airflow.calls[-1] == f"POST /{run_id}/clear"


def test_progress_tells_the_plan_and_the_outcome(send: Send, airflow: Airflow) -> None:
    run_id = ask(send, dry_run=True).json()["run_id"]
    path = f"/admin/backfills/{run_id}"
    assert send("GET", path, headers=BEARER).json() == {
        "run_id": run_id,
        "state": "queued",
        "plan": {},
        "outcome": {},
    }
    airflow.runs[run_id]["state"] = "success"
    airflow.results = {"plan_backfill": {"days": 30, "rows_stored": 7}, "run_backfill": {"done": 3}}
    told = send("GET", path, headers=BEARER).json()
    assert (told["state"], told["plan"]["days"], told["outcome"]) == ("success", 30, {"done": 3})
    missing = send("GET", "/admin/backfills/backfill-none", headers=BEARER)
    assert (missing.status_code, "POST /admin/backfills" in missing.text) == (404, True)


@pytest.mark.parametrize(
    "change",
    [
        {"sources": []},
        {"from": "2026-10-01"},
        {"from": "2000-01-01"},
        {"mode": "some"},
        {"instruments": ["base1-4"]},
        {"sources": ["a;b"]},
        {"surprise": 1},
    ],
)
def test_a_senseless_wish_never_reaches_the_scheduler(
    send: Send, airflow: Airflow, change: dict[str, Any]
) -> None:
    assert ask(send, **change).status_code == 422
    assert airflow.calls == []


def test_a_token_that_ran_out_is_renewed(send: Send, airflow: Airflow) -> None:
    ask(send)
    airflow.signed_in += 1  # the token of before is worth nothing now
    assert ask(send, reference="b").status_code == 202
    assert airflow.signed_in == 3


def test_a_scheduler_that_stumbles_is_asked_again_but_not_for_ever(
    send: Send, airflow: Airflow
) -> None:
    airflow.faults = [503, 500]
    assert ask(send).status_code == 202
    airflow.faults = [503] * 9
    failed = ask(send, reference="b")
    assert (failed.status_code, "HTTP 503" in failed.text) == (503, True)
    assert len(airflow.faults) == 6


def test_a_scheduler_that_refuses_is_quoted(send: Send, airflow: Airflow) -> None:
    ask(send)
    airflow.faults = [400]
    refused = ask(send, reference="b")
    assert (refused.status_code, "Airflow refused (400)" in refused.text) == (422, True)


def test_no_scheduler_is_a_503_that_says_what_to_set(sending: Callable[..., Send]) -> None:
    nowhere = sending(admin_token=TOKEN)
    assert "PRICER_AIRFLOW_URL" in ask(nowhere).text
    away = sending(
        admin_token=TOKEN,
        airflow_url="http://127.0.0.1:1",
        airflow_user="pricer",
        airflow_password="not-to-be-seen",
    )
    answer = ask(away)
    assert (answer.status_code, "ConnectError" in answer.text) == (503, True)
    assert "not-to-be-seen" not in answer.text
