"""Explains a night by groups of cards: of each set and tier of liquidity."""

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_explain_cohorts",
    description="What moved the forecasts of a set's cards, on average, by liquidity",
    schedule=at("15 3 * * *"),  # after the night's signals, which nobody should wait for
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    job("signals_svc", "explain_cohorts", date=DAY)
