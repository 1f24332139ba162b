"""Monthly training of the signal classifier, and the contest of the simple forecasts."""

from airflow.sdk import DAG, Param

from dags.assets import MODEL
from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_train_models",
    description="Train on what was known by a day, export to ONNX, say which baseline serves where",
    schedule=at("0 4 1 * *"),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    train = job("signals_svc", "train", date=DAY)
    baselines = job("signals_svc", "train_baselines", date=DAY, outlets=[MODEL])
    train >> baselines
