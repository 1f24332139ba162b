"""What is known beside prices: populations by grade, search trends, what people write."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, ingest_at

with DAG(
    dag_id="dag_pop_trends_sentiment",
    description="Population, search trends and sentiment, every Sunday, each by itself",
    schedule=ingest_at("0 3 * * 0"),
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["market", "facts"],
):
    # None waits for another: where one source is away, the others are still told of.
    for fact in ("population", "search_trends", "sentiment"):
        job(
            "ingestion",
            "fetch_facts",
            task=f"fetch_{fact}",
            fact=fact,
            date=DAY,
            # Three hours a source, two sources of sentiment; a killed attempt keeps what it has.
            within=timedelta(hours=7),
        )
