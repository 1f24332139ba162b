"""Watches models: figures of the night, alerts, and a training where its inputs drifted."""

from airflow.sdk import DAG, Param

from dags.assets import DRIFT
from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_monitor",
    description="Drift, freshness, latency, flips, what came true; bounds, alerts, a daily page",
    schedule=at("30 3 * * *"),  # after the night's scores
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    monitor = job("signals_svc", "monitor", date=DAY)
    # Whatever came of the page: figures are kept before it, and alerts do not wait for a night.
    alerts = job("signals_svc", "tell_alerts", always=True)
    # The asset wakes trainings; a skipped task announces none.
    training = job(
        "signals_svc",
        "ask_for_training",
        unless="{{ not (ti.xcom_pull(task_ids='monitor') or {}).get('asks_for_training') }}",
        outlets=[DRIFT],
    )
    monitor >> [alerts, training]
