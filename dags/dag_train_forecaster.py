"""Monthly training of the sequence forecaster, which then speaks every night in the shadow."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_train_forecaster",
    description="Train on what was known by a day, judge each horizon, export to ONNX, register",
    schedule=at("0 5 1 * *"),  # after the classifier's
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    job("signals_svc", "train_forecaster", within=timedelta(hours=2), date=DAY)
