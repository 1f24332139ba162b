"""Trains the sequence forecaster, monthly and when inputs drifted; it speaks in the shadow."""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule, Param

from dags.assets import DRIFT
from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_train_forecaster",
    description="Train on what was known by a day, judge each horizon, export to ONNX, register",
    # After the classifier's. A run that drift asked for has no date: as of the latest night.
    schedule=AssetOrTimeSchedule(timetable=at("0 5 1 * *"), assets=DRIFT),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    job("signals_svc", "train_forecaster", within=timedelta(hours=2), date=DAY)
