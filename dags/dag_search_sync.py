"""Tells the search which closes changed: announced to the bus, then indexed from its queue."""

from airflow.sdk import DAG

from dags.assets import PRICES
from dags.job import job

with DAG(
    dag_id="dag_search_sync",
    description="Changed closes to SNS, and from SQS into the card search",
    schedule=[PRICES],
    catchup=False,
    max_active_runs=1,
    tags=["market", "search"],
):
    announce = job("ingestion", "announce_closes")
    index = job("api_gw", "index_closes")
    announce >> index
