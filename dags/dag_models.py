"""Moves a model to another stage, by hand: promotion, canary, rollback."""

from airflow.sdk import DAG, Param

from dags.assets import MODEL
from dags.job import job

with DAG(
    dag_id="dag_models",
    description="A version enters another stage, and whoever is marked gets new signals",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "model_version": Param(type="string", pattern="^[a-z0-9-]{1,80}$"),
        "to": Param(
            None,
            enum=[None, "shadow", "canary", "production", "retired"],
            description="none: the next stage",
        ),
        "percent": Param(None, type=["null", "integer"], minimum=1, maximum=99),
        "actor": Param(None, type=["null", "string"], maxLength=100, description="who asks"),
        "reason": Param("asked for", type="string", maxLength=500),
    },
    tags=["signals", "by hand"],
):
    # The asset wakes dag_features_signals: what was marked is told anew within the minute.
    job(
        "signals_svc",
        "promote",
        model_version="{{ params.model_version }}",
        to="{{ params.to }}",
        percent="{{ params.percent }}",
        actor="{{ params.actor }}",
        reason="{{ params.reason }}",
        outlets=[MODEL],
    )
