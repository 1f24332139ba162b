"""Repeats runs of sources and rebuilds instruments, for days that are missing, failed, or all."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from dags.assets import TRADES
from dags.job import job

ID = "{{ dag_run.run_id }}"
DRY_RUN = "{{ params.dry_run | lower }}"  # true or false

with DAG(
    dag_id="dag_backfill",
    description="Days of sources again, from raw/ or from outside, by hand",
    schedule=None,
    catchup=False,
    # Beside the nightly chain, and never two at once: a source's limit is one for both.
    max_active_runs=1,
    max_active_tasks=1,
    params={
        "sources": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
            maxItems=20,
            description="sources to ask or replay; none: only what is stored is built again",
        ),
        "instruments": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^[^:,]+:[a-z0-9.-]+$"},
            maxItems=5000,
            description="card:grade whose bars are built again, as base1-4:psa9",
        ),
        "from": Param(type="string", format="date", description="first UTC day"),
        "to": Param(type="string", format="date", description="last UTC day"),
        "mode": Param(
            "missing",
            enum=["missing", "failed", "all"],
            description="days never loaded, days whose load did not end well, or every day",
        ),
        "refetch": Param(
            False, type="boolean", description="ask the source again for what raw/ holds"
        ),
        "dry_run": Param(
            False,
            type="boolean",
            description="only say how many days and rows it would be; starts nothing",
        ),
        "reference": Param(
            None,
            type=["null", "string"],
            maxLength=100,
            description="why; the same wish under another reference is another run",
        ),
    },
    tags=["market", "by hand"],
):
    plan = job(
        "ingestion",
        "plan_backfill",
        id=ID,
        sources="{{ params.sources | join(',') }}",
        instruments="{{ params.instruments | join(',') }}",
        from_="{{ params['from'] }}",
        to="{{ params.to }}",
        mode="{{ params.mode }}",
        refetch="{{ params.refetch | lower }}",
        dry_run=DRY_RUN,
    )
    run = job(
        "ingestion",
        "run_backfill",
        id=ID,
        # Skipped, it announces nothing: a dry run wakes nobody.
        unless=DRY_RUN,
        outlets=[TRADES],
        # A killed or timed-out attempt goes on where it stood, so each may be long.
        within=timedelta(hours=6),
    )
    plan >> run
