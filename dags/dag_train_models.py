"""Monthly training of the signal classifier, and its promotion if it has earned it."""

from airflow.sdk import DAG, Param

from dags.assets import MODEL
from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_train_models",
    description="Train on what was known by a day, export to ONNX, promote",
    schedule=at("0 4 1 * *"),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    train = job("signals_svc", "train", date=DAY)
    promote = job(
        "signals_svc",
        "promote",
        model_version="{{ ti.xcom_pull(task_ids='train')['model_version'] }}",
        outlets=[MODEL],
    )
    train >> promote
