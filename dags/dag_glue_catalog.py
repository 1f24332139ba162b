"""The curated tables in the Glue catalog, beside the path to signals: nobody waits for it."""

from airflow.sdk import DAG

from dags.assets import PRICES
from dags.job import job

with DAG(
    dag_id="dag_glue_catalog",
    description="months of curated/ that came or went, where Athena finds them",
    schedule=[PRICES],
    catchup=False,
    max_active_runs=1,
    tags=["market"],
):
    job("ingestion", "register_curated")
