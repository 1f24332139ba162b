"""Sets and cards as the catalog's API tells them now, weekly: before the facts about cards."""

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, ingest_at

with DAG(
    dag_id="dag_refresh_catalog",
    description="Sets and cards that changed at the catalog's API, every Sunday",
    schedule=ingest_at("30 2 * * 0"),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["market"],
):
    job("ingestion", "refresh_catalog", date=DAY)
