"""What came of every signal whose days are over, by what is known by the end of the day."""

from airflow.sdk import DAG, Param

from dags.job import job
from dags.schedules import DAY, at

with DAG(
    dag_id="dag_score_signals",
    description="signals and later sales to signals.scores; again where past prices changed",
    schedule=at("0 3 * * *"),  # after the night's signals, which nobody should wait for
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
    },
    tags=["signals"],
):
    job("signals_svc", "score", date=DAY)
