"""Loads what sales are matched against: cards and sets, further printings, product map."""

from airflow.sdk import DAG, Param

from dags.job import job

with DAG(
    dag_id="dag_load_catalog",
    description="Catalog files to market.cards and market.product_map, by hand",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "catalog": Param(type="string", description="file or folder of cards and sets"),
        "product_map": Param(type="string", description="CSV or folder of printings and products"),
    },
    tags=["market"],
):
    catalog = job("ingestion", "load_catalog", from_="{{ params.catalog }}")
    product_map = job("ingestion", "load_product_map", from_="{{ params.product_map }}")
    catalog >> product_map
