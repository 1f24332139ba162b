"""Run days again of whose products something was learned since, at night after the ingest."""

from airflow.sdk import DAG, Param

from dags.assets import TRADES
from dags.job import job
from dags.schedules import ingest_at

with DAG(
    dag_id="dag_reread",
    description="Raw rows of queued run days through screening and load once more; bars follow",
    schedule=ingest_at("30 1 * * *"),
    catchup=False,
    max_active_runs=1,
    params={
        "limit": Param(
            30, type="integer", minimum=1, maximum=1000, description="run days, a count"
        ),
    },
    tags=["market"],
):
    job("ingestion", "reread", limit="{{ params.limit }}", outlets=[TRADES])
