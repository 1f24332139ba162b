"""Features, forecasts and signals of the instruments whose prices or model changed."""

from airflow.sdk import DAG, AssetOrTimeSchedule

from dags.assets import MODEL, PRICES, SIGNALS
from dags.job import job
from dags.schedules import at

with DAG(
    dag_id="dag_features_signals",
    description="market.prices_daily to signals.signals, Redis and flips",
    # The jobs leave a night's work until 02:00; the clock wakes them if the assets came earlier.
    schedule=AssetOrTimeSchedule(timetable=at("0 2 * * *"), assets=PRICES | MODEL),
    catchup=False,
    max_active_runs=1,
    tags=["signals"],
):
    features = job("signals_svc", "build_features")
    infer = job("signals_svc", "infer")
    publish = job("signals_svc", "publish", outlets=[SIGNALS])
    features >> infer >> publish
