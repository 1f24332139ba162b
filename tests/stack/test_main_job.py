"""The main job on the whole real stack: scheduler, jobs, stores, API; and what a burst leaves."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from stack import front
from stack.demo import plans
from stack.demo.airflow_api import AirflowApi
from stack.demo.chain import Ended, Follower, TaskFailed
from stack.demo.main_job import MainJob
from stack.demo.plans import Plan
from stack.front import Stack
from stack.parts.airflow import USER
from stack.state import REPOSITORY, State
from stack.world import Worlds

LAST = date(2026, 9, 30)
CARD, GRADE = "swsh7-215", "psa10"


def short_plan(since: date) -> Plan:
    plan = plans.simulated(REPOSITORY)
    night = plan.nights[0]
    window = {"source": night.source, "date": LAST.isoformat(), "since": since.isoformat()}
    return Plan(plan.catalog, (plans.Night(night.title, night.source, LAST, window),), None)


@pytest.fixture(scope="module")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = State(tmp_path_factory.mktemp("main job") / "state")
    with front.running(state, world=Worlds.SIMULATED.value) as stack:
        yield stack
    state.delete()


@pytest.fixture(scope="module")
def airflow_api(running_stack: Stack) -> AirflowApi:
    password = running_stack.site.secrets["airflow_password"]
    return AirflowApi(running_stack.url("airflow"), user=USER, password=password)


@pytest.fixture(scope="module")
def first_night(running_stack: Stack) -> MainJob:
    job = MainJob(running_stack, short_plan(date(2026, 4, 1)))
    job.run()
    return job


def results(job: MainJob) -> dict[str, Any]:
    return {
        task: dict(found) for tasks in job.told.results.values() for task, found in tasks.items()
    }


def dirty(stack: Stack) -> list[tuple[str, int]]:
    with psycopg.connect(stack.site.database_url("ingestion")) as connection:
        return connection.execute(
            "select stage, count(*) from market.dirty group by stage"
        ).fetchall()


def test_a_night_brings_sales_to_signals_and_leaves_no_work(
    running_stack: Stack, first_night: MainJob
) -> None:
    told = results(first_night)
    screened = told["validate"]
    kept = told["fetch"]["rows"] - screened["duplicates"] - screened["quarantined"]
    assert told["load_trades"]["added"] == screened["trusted"] == kept > 15_000
    assert {"lot", "currency_unsupported"} <= set(screened["quarantined_by_reason"])
    assert 0 < screened["quarantined"] < 0.03 * screened["read"]
    assert screened["duplicates"] > 0
    assert sum(told["infer"]["signals"].values()) >= 200
    assert dirty(running_stack) == []


def test_the_api_serves_the_signal_that_the_night_made(
    running_stack: Stack, first_night: MainJob
) -> None:
    with httpx.Client(base_url=running_stack.url("api_gw"), timeout=10) as api:
        found = api.get("/search", params={"q": "umbreon vmax 215"}).json()
        signal = api.get(f"/cards/{CARD}/signal", params={"grade": GRADE}).json()
        history = api.get(f"/cards/{CARD}/history", params={"grade": GRADE}).json()
    assert found["cards"][0]["card_id"] == CARD
    assert signal["action"] in {"BUY", "HOLD", "SELL"}
    assert signal["asof_ts"].startswith((LAST + timedelta(days=1)).isoformat())
    assert len(history["bars"]) > 100


def test_a_stage_that_fails_is_named_with_its_last_words(running_stack: Stack) -> None:
    plan = Plan({"catalog": "/no/such/file.json", "product_map": "/none.csv"}, (), None)
    with pytest.raises(TaskFailed, match=r"dag_load_catalog\.load_catalog failed") as failed:
        MainJob(running_stack, plan).run()
    assert "/no/such/file.json" in str(failed.value)


def pause(stack: Stack, dag_id: str, *, paused: bool) -> None:
    user = {"username": USER, "password": stack.site.secrets["airflow_password"]}
    with httpx.Client(base_url=stack.url("airflow"), timeout=10) as airflow:
        token = airflow.post("/auth/token", json=user).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        state = {"is_paused": paused}
        airflow.patch(f"/api/v2/dags/{dag_id}", json=state, headers=headers).raise_for_status()


def test_six_ingests_in_a_burst_and_one_consumer_leave_the_set_empty(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> None:
    consumers = ("dag_prices_ohlcv", "dag_features_signals")
    for dag_id in consumers:
        pause(running_stack, dag_id, paused=True)
    days = [LAST - timedelta(days=back) for back in range(200, 206)]  # before the first night's
    runs = [
        airflow_api.trigger(
            "dag_ingest_market",
            run_id=f"burst-{day}",
            conf={"source": "marketplace", "date": day.isoformat(), "since": day.isoformat()},
        )
        for day in days
    ]
    told: list[Ended] = []
    follower = Follower(airflow_api, on_task=told.append, on_wait=lambda *_: None)
    for run in runs:
        follower.follow(run, ["dag_ingest_market"])
    loaded = [ended.result for ended in told if ended.task.task_id == "load_trades"]
    assert [result["added"] > 0 for result in loaded] == [True] * 6
    assert [stage for stage, _ in dirty(running_stack)] == ["bars"]
    for dag_id in consumers:
        first = airflow_api.trigger(dag_id, run_id=f"after-burst-{dag_id}", conf={})
        pause(running_stack, dag_id, paused=False)
        follower.follow(first, [dag_id])
    assert dirty(running_stack) == []
