"""Nightly ingest of one source: fetch as received, validate, load what is new."""

from airflow.sdk import DAG, Param

from dags.assets import TRADES
from dags.job import job
from dags.schedules import DAY, ingest_at

with DAG(
    dag_id="dag_ingest_market",
    description="Sales of one source, from the marketplace to market.trades",
    schedule=ingest_at("0 1 * * *"),
    catchup=False,
    max_active_runs=1,
    params={
        "source": Param("marketplace", type="string", description="which source"),
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
        "since": Param(None, type=["null", "string"], format="date", description="first UTC day"),
        "path": Param(
            None, type=["null", "string"], description="file or folder, for file sources"
        ),
    },
    tags=["market"],
):
    partitions = job("ingestion", "ensure_partitions", date=DAY)
    fetch = job(
        "ingestion",
        "fetch",
        source="{{ params.source }}",
        date=DAY,
        since="{{ params.since or '' }}",
        path="{{ params.path or '' }}",
    )
    validate = job("ingestion", "validate", source="{{ params.source }}", date=DAY)
    load = job("ingestion", "load_trades", source="{{ params.source }}", date=DAY, outlets=[TRADES])
    partitions >> fetch >> validate >> load
