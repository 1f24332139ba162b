"""Jobs that do days again."""

from datetime import UTC, date, datetime

import click

from ingestion.domain.backfill import BackfillRequest, Mode, instruments_in
from ingestion.jobs.doors import Doors
from ingestion.usecases.backfill import plan_backfill, run_backfill
from kernel.cli import Summary, UtcDay, finish

LAST = click.option("--to", "last", type=UtcDay(), required=True, help="last UTC day")


BACKFILL = click.option("--id", "backfill_id", required=True, help="names the backfill")


@click.command("plan_backfill", help="What a backfill will do; kept under its id.")
@BACKFILL
@click.option("--sources", default="", help="sources, separated by commas")
@click.option("--instruments", default="", help="card:grade, separated by commas")
@click.option("--from", "first", type=UtcDay(), required=True, help="first UTC day")
@LAST
@click.option("--mode", type=click.Choice(["missing", "failed", "all"]), default="missing")
@click.option("--refetch", default="false", type=bool, help="ask again for what raw/ holds")
@click.option("--dry-run", default="false", type=bool, help="say what it would be, keep nothing")
@click.pass_obj
def plan_backfill_job(
    doors: Doors,
    backfill_id: str,
    sources: str,
    instruments: str,
    first: date,
    last: date,
    mode: Mode,
    refetch: bool,
    dry_run: bool,
) -> None:
    def work() -> Summary:
        names = [doors.source(one).mapping.source for one in sources.split(",") if one]
        asked = BackfillRequest(
            tuple(dict.fromkeys(names)), instruments_in(instruments), first, last, mode, refetch
        )
        return doors.within_unit(lambda u: plan_backfill(u, backfill_id, asked, dry_run=dry_run))

    finish("plan_backfill", work)


@click.command("run_backfill", help="Do what was planned and is not done yet.")
@BACKFILL
@click.pass_obj
def run_backfill_job(doors: Doors, backfill_id: str) -> None:
    def work() -> Summary:
        return run_backfill(
            doors.unit, backfill_id, doors.source, check=doors.check, now=datetime.now(UTC)
        )

    finish("run_backfill", work)
