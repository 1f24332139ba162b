"""The main job and every other DAG on the whole real stack: what each leaves in the stores."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
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
from stack.secret_store import AIRFLOW_ROLE
from stack.state import REPOSITORY, State
from stack.world import Worlds
from tests.stack.front_process import patience

LAST = date(2026, 9, 30)
CARD, GRADE = "swsh7-215", "psa10"
# The simulated market goes on by the clock: the newest days that are over, and long enough.
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
RECENT = YESTERDAY - timedelta(days=1)
DRAINED_WITHIN_S = 120


def short_plan(since: date) -> Plan:
    plan = plans.simulated(REPOSITORY, today=LAST)
    night = plan.nights[0]
    window = {"source": night.source, "date": LAST.isoformat(), "since": since.isoformat()}
    return Plan(plan.catalog, (plans.Night(night.title, night.source, LAST, window),), None)


@pytest.fixture(scope="module")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = State(tmp_path_factory.mktemp("main job") / "state")
    with pytest.MonkeyPatch.context() as patch:
        # At one o'clock at night the schedule would bring in a night of its own.
        patch.setenv("PRICER_NIGHTLY_INGEST", "off")
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


def rows(
    stack: Stack, query: str, *values: object, login: str = "ingestion"
) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.site.database_url(login)) as connection:
        return connection.execute(query.encode(), values).fetchall()


def count(stack: Stack, query: str, *values: object, login: str = "ingestion") -> int:
    return int(rows(stack, f"select count(*) from {query}", *values, login=login)[0][0])


def dirty(stack: Stack) -> list[tuple[str, int]]:
    return rows(stack, "select stage, count(*) from market.dirty group by stage")


def until(done: Callable[[], object], what: str, *, within_s: float = DRAINED_WITHIN_S) -> None:
    ends_at = time.monotonic() + within_s * patience()
    while not done():
        assert time.monotonic() < ends_at, f"{what}: not within {within_s} s"
        time.sleep(0.5)


def drained(stack: Stack) -> None:
    """No work is left; signals of a day are made only from 02:00 of the next one on."""
    due = (
        "market.dirty where stage <> 'signals'"
        " or as_of::timestamp at time zone 'UTC' + interval '26 hours' < now()"
    )
    until(lambda: count(stack, due) == 0, "no work is left")


def done_by(airflow_api: AirflowApi, *runs: tuple[str, str, dict[str, Any]]) -> list[Ended]:
    """The tasks of runs (DAG, run, what it is told) that were started together."""
    told: list[Ended] = []
    follower = Follower(airflow_api, on_task=told.append, on_wait=lambda *_: None)
    started = [airflow_api.trigger(dag, run_id=name, conf=conf) for dag, name, conf in runs]
    for run in started:
        follower.follow(run, [run.dag_id])
    return told


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


@pytest.fixture(scope="module")
def recent_nights(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> list[Ended]:
    """The nights of all three sources, started at once, and whatever they wake."""
    drained(running_stack)
    of_sales = {"date": RECENT.isoformat(), "since": RECENT.isoformat()}
    told = done_by(
        airflow_api,
        ("dag_ingest_market", "recent-marketplace", of_sales),
        ("dag_ingest_tcgplayer", "recent-tcgplayer", of_sales),
        ("dag_ingest_tcgplayer_prices", "recent-prices", {"date": YESTERDAY.isoformat()}),
    )
    drained(running_stack)
    return told


def test_three_nights_at_once_all_come_to_bars_without_a_retry(
    running_stack: Stack, recent_nights: list[Ended]
) -> None:
    added = {
        ended.task.dag_id: ended.result["added"]
        for ended in recent_nights
        if ended.task.task_id == "load_trades"
    }
    assert [n > 0 for n in added.values()] == [True] * 3
    assert {ended.task.attempt for ended in recent_nights} == {1}
    of_day = "market.trades where source = %s and (ts at time zone 'UTC')::date = %s"
    for dag_id, source in (
        ("dag_ingest_market", "marketplace"),
        ("dag_ingest_tcgplayer", "tcgplayer"),
    ):
        assert count(running_stack, of_day, source, RECENT) == added[dag_id]
    quotes = count(
        running_stack, "market.prices_daily where kind = 'quote' and day = %s", YESTERDAY
    )
    assert 0.9 * added["dag_ingest_tcgplayer_prices"] < quotes
    bars = "market.prices_daily where kind = 'trade' and day = %s"
    assert count(running_stack, bars, RECENT) > 50


def test_the_search_hears_of_the_newest_closes(
    running_stack: Stack, recent_nights: list[Ended], airflow_api: AirflowApi
) -> None:
    done_by(airflow_api, ("dag_search_sync", "after-the-nights", {}))
    newest = "market.card_closes where day >= %s"
    assert count(running_stack, newest, RECENT, login="api_gw") > 50
    card, name = rows(
        running_stack,
        "select card_id, name from market.card_closes join market.cards using (card_id)"
        " where day = %s order by card_id limit 1",
        RECENT,
        login="api_gw",
    )[0]
    with httpx.Client(base_url=running_stack.url("api_gw"), timeout=10) as api:
        found = api.get("/search", params={"q": name, "limit": 50}).json()["cards"]
    days = {close["day"] for one in found if one["card_id"] == card for close in one["closes"]}
    assert RECENT.isoformat() in days


def test_hot_cards_bring_the_sales_since_yesterday(
    running_stack: Stack, recent_nights: list[Ended], airflow_api: AirflowApi
) -> None:
    since = "market.trades where source = 'marketplace' and ts >= %s::timestamp at time zone 'UTC'"
    before = count(running_stack, since, YESTERDAY)
    airflow_api.switch("dag_hot_cards", on=True)
    today = YESTERDAY + timedelta(days=1)
    conf = {"date": today.isoformat(), "limit": 20}
    (hot,) = done_by(airflow_api, ("dag_hot_cards", "hot", conf))
    airflow_api.switch("dag_hot_cards", on=False)
    assert hot.result["products"] == 20
    # Where a quarter of an hour has struck meanwhile, its own run may have been first to add them.
    assert count(running_stack, since, YESTERDAY) > before
    drained(running_stack)


def test_maintenance_makes_months_ahead_and_sweeps_the_tables(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> None:
    begun = datetime.now(UTC)
    conf = {"date": date(2031, 1, 15).isoformat(), "months_ahead": 1}
    done_by(airflow_api, ("dag_maintenance", "maintenance", conf))
    assert count(running_stack, "pg_class where relname = 'trades_2031_02'") == 1
    swept = "pg_stat_all_tables where schemaname = 'market' and last_vacuum > %s"
    until(lambda: count(running_stack, swept, begun) > 5, "the sweep is in the statistics")


def backfilled(stack: Stack, **wish: Any) -> dict[str, Any]:
    """What the API tells of a backfill once it has ended."""
    asked = {"sources": ["marketplace"], "from": "2026-02-10", "to": "2026-02-12", **wish}
    headers = {"Authorization": f"Bearer {stack.site.secrets['admin_token']}"}
    with httpx.Client(base_url=stack.url("api_gw"), timeout=30, headers=headers) as api:
        answer = api.post("/admin/backfills", json=asked)
        assert answer.status_code == 202, answer.text
        where = answer.headers["Location"]
        until(lambda: api.get(where).json()["state"] in ("success", "failed"), where)
        found: dict[str, Any] = api.get(where).json()
    assert found["state"] == "success", found
    return found


def announced(stack: Stack, dag_id: str) -> int:
    """Asset events that a DAG's tasks have caused."""
    user = {"username": USER, "password": stack.site.secrets["airflow_password"]}
    with httpx.Client(base_url=stack.url("airflow"), timeout=30) as airflow:
        token = airflow.post("/auth/token", json=user).json()["access_token"]
        asked = {"source_dag_id": dag_id}
        headers = {"Authorization": f"Bearer {token}"}
        found = airflow.get("/api/v2/assets/events", params=asked, headers=headers)
        return int(found.raise_for_status().json()["total_entries"])


def test_a_backfill_through_the_api_is_first_told_and_then_done(
    running_stack: Stack, first_night: MainJob
) -> None:
    of_days = (
        "market.trades where source = 'marketplace' and ts >= '2026-02-10' and ts < '2026-02-13'"
    )
    dry = backfilled(running_stack, dry_run=True)
    plan = dry["plan"]
    assert (plan["days"], plan["missing_days"], plan["rows_stored"]) == (3, 3, 0)
    assert dry["outcome"] == {}
    assert count(running_stack, of_days) == count(running_stack, "market.backfills") == 0
    assert announced(running_stack, "dag_backfill") == 0

    wet = backfilled(running_stack)
    stored = count(running_stack, of_days)
    assert wet["outcome"]["done"] == 3
    assert wet["outcome"]["rows_added"] == stored > 0
    assert 0.4 < plan["missing_rows_estimated"] / stored < 2.5
    assert announced(running_stack, "dag_backfill") == 1
    drained(running_stack)
    bars = "market.prices_daily where kind = 'trade' and day between '2026-02-10' and '2026-02-12'"
    assert count(running_stack, bars) > 100
    assert backfilled(running_stack, reference="again")["plan"]["days"] == 0


def test_facts_of_every_kind_are_stored(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> None:
    conf = {"date": YESTERDAY.isoformat()}
    told = done_by(airflow_api, ("dag_pop_trends_sentiment", "facts", conf))
    assert len(told) == 3
    for table in ("population", "search_trends", "sentiment_daily"):
        assert count(running_stack, f"market.{table}") > 0


def test_a_source_that_asks_to_be_left_alone_is_asked_again_when_it_said(
    running_stack: Stack, first_night: MainJob, airflow_api: AirflowApi
) -> None:
    """The last of this file: for an hour nobody asks the marketplace."""
    fault = {"status": 429, "times": 1, "retry_after_s": 3600}
    httpx.post(f"{running_stack.url('simulator')}/_faults", json=fault).raise_for_status()
    day = (LAST - timedelta(days=300)).isoformat()
    conf = {"date": day, "since": day}
    run = airflow_api.trigger("dag_ingest_market", run_id="left-alone", conf=conf)
    until(lambda: "up_for_retry" in {task.state for task in airflow_api.tasks(run)}, "it waits")
    site = running_stack.site
    airflow = site.cluster.url(AIRFLOW_ROLE, site.world.airflow_database)
    with psycopg.connect(airflow) as connection:
        delays = connection.execute(
            "select retry_delay_override from task_instance where state = 'up_for_retry'"
        ).fetchall()
    assert [3600 <= delay <= 3700 for (delay,) in delays] == [True]
