"""Daily bars of whatever changed: verdicts on outliers, bars, flags, parquet for analysts."""

from airflow.sdk import DAG

from dags.assets import PRICES, TRADES
from dags.job import job

with DAG(
    dag_id="dag_prices_ohlcv",
    description="market.trades to market.prices_daily, only what was touched",
    schedule=[TRADES],
    catchup=False,
    max_active_runs=1,
    tags=["market"],
):
    judge = job("ingestion", "judge_outliers")
    bars = job("ingestion", "build_bars")
    divergences = job("ingestion", "check_divergences")
    curated = job("ingestion", "publish_curated", outlets=[PRICES])
    judge >> bars >> divergences >> curated
