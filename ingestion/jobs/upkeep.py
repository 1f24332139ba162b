"""Jobs that keep tables in order and compiled code at hand."""

from datetime import date

import click

from ingestion.jobs.doors import DATE, Doors
from ingestion.usecases.archive import archive_months
from ingestion.usecases.ensure_partitions import MONTHS_AHEAD, ensure_partitions
from ingestion.usecases.filter_months import filter_months
from ingestion.usecases.rehearse import rehearse
from ingestion.usecases.sweep import sweep
from kernel.cli import Summary, finish


@click.command("ensure_partitions", help="Month partitions ahead of time.")
@DATE
@click.option("--months-ahead", type=click.IntRange(0, 120), default=MONTHS_AHEAD)
@click.pass_obj
def ensure_partitions_job(doors: Doors, day: date, months_ahead: int) -> None:
    def work() -> Summary:
        return doors.within_unit(lambda u: ensure_partitions(u, day, months_ahead=months_ahead))

    finish("ensure_partitions", work)


@click.command("archive_months", help="Old months to parquet, read back, then detached.")
@DATE
@click.pass_obj
def archive_months_job(doors: Doors, day: date) -> None:
    def work() -> Summary:
        return archive_months(doors.unit, day, keep_months=doors.keep_months())

    finish("archive_months", work)


@click.command("filter_months", help="What tells which months may hold a sale, made anew.")
@click.pass_obj
def filter_months_job(doors: Doors) -> None:
    finish("filter_months", lambda: doors.within_unit(filter_months))


@click.command("vacuum", help="VACUUM ANALYZE of tables that changed.")
@click.pass_obj
def vacuum_job(doors: Doors) -> None:
    finish("vacuum", lambda: sweep(doors.sweeper()))


@click.command("rehearse", help="Compile what nights run, so that none waits for the compiler.")
@click.pass_obj
def rehearse_job(doors: Doors) -> None:
    finish("rehearse", lambda: rehearse(doors.yardstick().run))
