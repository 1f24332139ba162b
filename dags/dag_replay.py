"""Walks past weeks forward and says what came of them, by hand: apart from what was said."""

from airflow.sdk import DAG, Param

from dags.job import job

with DAG(
    dag_id="dag_replay",
    description="What would have been said on past weeks by what was known then; its scores",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "date": Param(
            None, type=["null", "string"], format="date", description="the last decision day"
        ),
        "weeks": Param(26, type="integer", minimum=1, maximum=520),
    },
    tags=["signals", "by hand"],
):
    replay = job(
        "signals_svc", "replay", date="{{ params.date or '' }}", weeks="{{ params.weeks }}"
    )
    replay >> job("signals_svc", "score", date="{{ params.date or '' }}")
