"""The table of all jobs of ingestion."""

import click

from ingestion.jobs.backfills import plan_backfill_job, run_backfill_job
from ingestion.jobs.facts import fetch_facts_job
from ingestion.jobs.persons import judge_by_hand_job, revise_trade_job
from ingestion.jobs.prices import (
    build_bars_job,
    check_divergences_job,
    fetch_job,
    judge_outliers_job,
    load_trades_job,
    refresh_hot_job,
    reread_job,
    validate_job,
)
from ingestion.jobs.publishing import announce_closes_job, publish_curated_job, register_curated_job
from ingestion.jobs.reference import (
    load_catalog_job,
    load_product_map_job,
    refresh_catalog_job,
    remap_job,
)
from ingestion.jobs.upkeep import (
    archive_months_job,
    ensure_partitions_job,
    filter_months_job,
    rehearse_job,
    vacuum_job,
)


@click.group(help="Batch jobs of ingestion.")
def jobs() -> None:
    """Each job ends with one line of JSON on stdout and the exit code of its outcome."""


for job in (
    load_catalog_job,
    refresh_catalog_job,
    load_product_map_job,
    remap_job,
    fetch_job,
    validate_job,
    load_trades_job,
    reread_job,
    judge_outliers_job,
    build_bars_job,
    refresh_hot_job,
    check_divergences_job,
    revise_trade_job,
    judge_by_hand_job,
    fetch_facts_job,
    plan_backfill_job,
    run_backfill_job,
    publish_curated_job,
    register_curated_job,
    announce_closes_job,
    ensure_partitions_job,
    archive_months_job,
    filter_months_job,
    vacuum_job,
    rehearse_job,
):
    jobs.add_command(job)
