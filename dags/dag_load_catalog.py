"""Loads what sales are matched against: cards and sets, printings of their own, product map."""

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
        "variants": Param(None, type=["null", "string"], description="CSV of further printings"),
        "product_map": Param(None, type=["null", "string"], description="CSV of source products"),
    },
    tags=["market"],
):
    catalog = job(
        "ingestion",
        "load_catalog",
        from_="{{ params.catalog }}",
        variants="{{ params.variants or '' }}",
    )
    product_map = job("ingestion", "load_product_map", from_="{{ params.product_map }}")
    catalog >> product_map
