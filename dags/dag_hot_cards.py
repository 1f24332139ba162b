"""Newest sales of the cards traded most, every quarter of an hour between two nights."""

from airflow.sdk import DAG, Param

from dags.assets import TRADES
from dags.job import job
from dags.schedules import TODAY, hot_cards_at, hot_cards_wait

with DAG(
    dag_id="dag_hot_cards",
    description="Sales since yesterday of cards in demand, to market.trades; bars follow",
    schedule=hot_cards_at("*/15 * * * *"),
    catchup=False,
    is_paused_upon_creation=hot_cards_wait(),
    max_active_runs=1,
    params={
        "source": Param("marketplace", type="string", description="which marketplace"),
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
        "limit": Param(50, type="integer", minimum=1, maximum=500, description="products, a count"),
    },
    tags=["market"],
):
    job(
        "ingestion",
        "refresh_hot",
        source="{{ params.source }}",
        date=TODAY,
        limit="{{ params.limit }}",
        outlets=[TRADES],
    )
