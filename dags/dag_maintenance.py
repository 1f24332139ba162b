"""Keeps the database fit: partitions ahead, old months to parquet, filters, VACUUM ANALYZE."""

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_maintenance",
    description="Months to come, archive of old ones, filters, vacuum, after the night",
    schedule=at("0 5 * * *"),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
        "months_ahead": Param(
            3, type="integer", minimum=0, maximum=120, description="months to come, a count"
        ),
    },
    tags=["operations", "market"],
):
    partitions = job(
        "ingestion", "ensure_partitions", date=DAY, months_ahead="{{ params.months_ahead }}"
    )
    archive = job("ingestion", "archive_months", date=DAY)
    filters = job("ingestion", "filter_months")
    vacuum = job("ingestion", "vacuum")
    partitions >> archive >> filters >> vacuum
