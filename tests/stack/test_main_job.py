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
from stack.demo.chain import Ended, Follower
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
    job = MainJob(running_stack, short_plan(date(2025, 9, 1)))
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
    assert told["load_trades"]["added"] == told["fetch"]["rows"] > 30_000
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


def test_the_same_night_again_adds_nothing(running_stack: Stack, first_night: MainJob) -> None:
    again = MainJob(running_stack, short_plan(date(2026, 9, 1)))
    again.run()
    told = results(again)
    assert told["load_trades"]["added"] == 0
    assert told["load_trades"]["unchanged"] == told["validate"]["trusted"] > 1000
    assert told["build_bars"]["bars_added"] == 0


def test_six_ingests_in_a_burst_and_one_consumer_leave_the_set_empty(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> None:
    days = [LAST - timedelta(days=back) for back in range(370, 376)]  # before the first night's
    runs = [
        airflow_api.trigger(
            "dag_ingest_market",
            run_id=f"burst-{day}",
            conf={"source": "marketplace", "date": day.isoformat()},
        )
        for day in days
    ]
    told: list[Ended] = []
    follower = Follower(airflow_api, on_task=told.append, on_wait=lambda *_: None)
    for run in runs:
        follower.follow(run, ["dag_ingest_market"])
    loaded = [ended.result for ended in told if ended.task.task_id == "load_trades"]
    assert len(loaded) == 6
    assert all(result["added"] > 0 for result in loaded)
    consumer = airflow_api.trigger("dag_prices_ohlcv", run_id="after-burst", conf={})
    follower.follow(consumer, ["dag_prices_ohlcv"])
    assert [row for row in dirty(running_stack) if row[0] != "signals"] == []
