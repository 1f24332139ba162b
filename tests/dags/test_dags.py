"""The DAGs parse, serialise, and are wired as the platform says."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.adapters.sources.apis import APIS
from ingestion.adapters.sources.credentials import Credentials
from ingestion.adapters.sources.edge import Edge
from ingestion.adapters.sources.fact_plans import fact_plans
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import shipped_names
from ingestion.adapters.sources.limits import LocalLimit
from ingestion.adapters.sources.registry import Registry

CHAINS = {
    "dag_load_catalog": ["load_catalog", "load_product_map"],
    "dag_ingest_market": ["ensure_partitions", "fetch", "validate", "load_trades"],
    "dag_ingest_tcgplayer": ["ensure_partitions", "fetch", "validate", "load_trades"],
    "dag_ingest_tcgplayer_prices": ["ensure_partitions", "fetch", "validate", "load_trades"],
    "dag_refresh_catalog": ["refresh_catalog"],
    "dag_backfill": ["plan_backfill", "run_backfill"],
    "dag_hot_cards": ["refresh_hot"],
    "dag_reread": ["reread"],
    "dag_search_sync": ["announce_closes", "index_closes"],
    "dag_maintenance": ["ensure_partitions", "archive_months", "filter_months", "vacuum"],
    "dag_prices_ohlcv": ["judge_outliers", "build_bars", "check_divergences", "publish_curated"],
    "dag_glue_catalog": ["register_curated"],
    "dag_features_signals": ["build_features", "infer", "publish"],
    "dag_train_models": ["train_baselines", "train"],
    "dag_models": ["promote"],
    "dag_train_forecaster": ["train_forecaster"],
    "dag_score_signals": ["score"],
    "dag_explain_cohorts": ["explain_cohorts"],
    "dag_monitor": ["monitor", "tell_alerts", "ask_for_training"],
    "dag_replay": ["replay", "score"],
}
OUTLETS: dict[str, set[str]] = {
    "dag_load_catalog": set(),
    "dag_ingest_market": {"trades"},
    "dag_ingest_tcgplayer": {"trades"},
    "dag_ingest_tcgplayer_prices": {"trades"},
    "dag_refresh_catalog": set(),
    "dag_backfill": {"trades"},
    "dag_hot_cards": {"trades"},
    "dag_reread": {"trades"},
    "dag_search_sync": set(),
    "dag_maintenance": set(),
    "dag_prices_ohlcv": {"prices"},
    "dag_glue_catalog": set(),
    "dag_features_signals": {"signals"},
    "dag_train_models": {"model"},
    "dag_models": {"model"},
    "dag_train_forecaster": set(),
    "dag_score_signals": set(),
    "dag_explain_cohorts": set(),
    "dag_monitor": {"drift"},
    "dag_replay": set(),
}


def test_every_dag_imports(dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    assert set(CHAINS) <= set(dag_bag.dags)


@pytest.mark.parametrize("dag_id", sorted({*CHAINS} - {"dag_monitor"}))
def test_tasks_follow_each_other_in_the_stated_order(dag_bag: Any, dag_id: str) -> None:
    dag = dag_bag.dags[dag_id]
    first, *rest = CHAINS[dag_id]
    assert {task.task_id for task in dag.tasks} == {first, *rest}
    for earlier, later in zip(CHAINS[dag_id], rest, strict=False):
        assert dag.get_task(earlier).downstream_task_ids == {later}


def test_a_bus_or_lake_that_is_away_holds_back_neither_training_nor_alerts(dag_bag: Any) -> None:
    monitor, alerts, training = map(dag_bag.dags["dag_monitor"].get_task, CHAINS["dag_monitor"])
    assert monitor.downstream_task_ids == {alerts.task_id, training.task_id}
    assert (alerts.downstream_task_ids, training.downstream_task_ids) == (set(), set())
    assert (alerts.trigger_rule, training.trigger_rule) == ("all_done", "all_success")


@pytest.mark.parametrize("dag_id", CHAINS)
def test_only_the_last_task_announces_the_asset(dag_bag: Any, dag_id: str) -> None:
    dag = dag_bag.dags[dag_id]
    announced = {task.task_id: {asset.name for asset in task.outlets} for task in dag.tasks}
    last = CHAINS[dag_id][-1]
    assert announced.pop(last) == OUTLETS[dag_id]
    assert not any(announced.values())


def test_facts_of_one_kind_do_not_wait_for_another_kind(dag_bag: Any) -> None:
    dag = dag_bag.dags["dag_pop_trends_sentiment"]
    asked = {task.task_id: task.options["fact"] for task in dag.tasks}
    assert asked == {
        "fetch_population": "population",
        "fetch_search_trends": "search_trends",
        "fetch_sentiment": "sentiment",
    }
    assert not any(task.downstream_task_ids for task in dag.tasks)


def scheduled(dag_bag: Any, job: str) -> list[tuple[Any, Any]]:
    """DAG and task of every task that runs this job by the clock."""
    return [
        (dag, task)
        for dag in dag_bag.dags.values()
        for task in dag.tasks
        if task.name == job and hasattr(dag.timetable, "expression")
    ]


def test_every_api_that_is_registered_is_asked_by_the_clock(dag_bag: Any) -> None:
    registry = Registry(
        apis={api.name: api for api in APIS},
        credentials=Credentials(None),
        limit=LocalLimit,
        deadline_s=1,
        real=False,
        mapped=lambda source: [],
    )
    sources = {name: registry.source(name) for name in shipped_names()}
    asked_daily = {name for name, one in sources.items() if not isinstance(one, FileSource)}
    nights = {dag.params["source"] for dag, _ in scheduled(dag_bag, "fetch")}
    assert nights == asked_daily == {"marketplace", "tcgplayer", "tcgplayer_prices"}

    asked = {sources[name].edge.source for name in nights}  # type: ignore[attr-defined]

    def door(name: str) -> Edge:
        asked.add(name)
        return registry.edge(name)

    for _, task in scheduled(dag_bag, "fetch_facts"):
        fact_plans(task.options["fact"], door, subreddit="any", most=1)
    if scheduled(dag_bag, "refresh_catalog"):
        door("catalog")
    assert asked == {api.name for api in APIS}


def test_every_dag_survives_serialisation(dag_bag: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag_id, dag in dag_bag.dags.items():
        assert DagSerialization.to_dict(dag)["dag"]["dag_id"] == dag_id


@pytest.mark.parametrize(
    ("dag_id", "cron"),
    [
        ("dag_ingest_market", "0 1 * * *"),
        ("dag_ingest_tcgplayer", "10 1 * * *"),
        ("dag_ingest_tcgplayer_prices", "20 1 * * *"),
        ("dag_refresh_catalog", "30 2 * * 0"),
        ("dag_reread", "30 1 * * *"),
        ("dag_features_signals", "0 2 * * *"),
        ("dag_train_models", "0 4 1 * *"),
        ("dag_train_forecaster", "0 5 1 * *"),
        ("dag_score_signals", "0 3 * * *"),
        ("dag_explain_cohorts", "15 3 * * *"),
        ("dag_monitor", "30 3 * * *"),
        ("dag_maintenance", "0 5 * * *"),
        ("dag_hot_cards", "*/15 * * * *"),
        ("dag_pop_trends_sentiment", "0 3 * * 0"),
    ],
)
def test_the_clock_runs_every_calendar_day(dag_bag: Any, dag_id: str, cron: str) -> None:
    timetable = dag_bag.dags[dag_id].timetable
    assert getattr(timetable, "timetable", timetable).expression == cron


def test_no_clock_starts_an_ingest_where_it_is_switched_off(
    airflow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.schedules import ingest_at

    monkeypatch.setenv("PRICER_NIGHTLY_INGEST", "off")
    assert ingest_at("0 1 * * *") is None
    monkeypatch.delenv("PRICER_NIGHTLY_INGEST")
    assert ingest_at("0 1 * * *") is not None


def test_consumers_are_woken_by_assets(dag_bag: Any) -> None:
    def assets(dag_id: str) -> set[str]:
        condition = dag_bag.dags[dag_id].timetable.asset_condition
        return {asset.name for asset in getattr(condition, "objects", [condition])}

    assert assets("dag_prices_ohlcv") == {"trades"}
    assert assets("dag_search_sync") == {"prices"}
    assert assets("dag_features_signals") == {"prices", "model"}
    assert assets("dag_train_models") == {"drift"}
    assert assets("dag_train_forecaster") == {"drift"}


def test_a_run_has_at_most_one_companion_of_its_own_kind(dag_bag: Any) -> None:
    assert {dag.max_active_runs for dag in dag_bag.dags.values()} == {1}
    assert not any(dag.catchup for dag in dag_bag.dags.values())


def test_every_task_has_bounded_retries_and_a_deadline(dag_bag: Any) -> None:
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    assert tasks
    assert all(0 < task.retries <= 5 and task.execution_timeout is not None for task in tasks)


def test_files_beside_the_dags_are_not_parsed_as_dags(repository: Path) -> None:
    ignored = set((repository / "dags" / ".airflowignore").read_text().split())
    beside = {path.name for path in (repository / "dags").glob("*.py")} - {"__init__.py"}
    assert {name for name in beside if not name.startswith("dag_")} <= ignored
