"""The contest of simple forecasts, then a classifier that reads its trees: monthly, on drift."""

from airflow.sdk import DAG, AssetOrTimeSchedule, Param

from dags.assets import DRIFT, MODEL
from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_train_models",
    description="Train on what was known by a day, export to ONNX, say which baseline serves where",
    # A run that drift asked for has no date: it trains as of the latest night.
    schedule=AssetOrTimeSchedule(timetable=at("0 4 1 * *"), assets=DRIFT),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    baselines = job("signals_svc", "train_baselines", date=DAY)
    train = job("signals_svc", "train", date=DAY, outlets=[MODEL])
    baselines >> train
