"""Plans a backfill once and does it day by day, so that a run that was killed goes on."""

from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl
import structlog

from ingestion.domain.backfill import BackfillRequest, Step, missing, steps
from ingestion.domain.errors import BackfillIncomplete, BackfillUnknown, CollectionUnfinished
from ingestion.domain.records import Window
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.fetch import fetch
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.recall import mark, recall
from ingestion.usecases.screening import Check
from ingestion.usecases.validate import validate
from kernel.errors import DomainError, Unavailable

log = structlog.get_logger()

TOLD = 10  # days or failures listed by name; the rest are counted


def plan_backfill(
    unit: Unit, backfill_id: str, request: BackfillRequest, *, dry_run: bool
) -> Mapping[str, object]:
    """What would be done; kept as the plan of `backfill_id` unless it is a dry run.

    `rows_stored` is what the tables hold of the days asked for; what the missing days would add is
    an estimate, from the median night of each source. Planning an id again keeps the plan that is
    there: the same request is the same work.
    """
    unit.archive.hold()
    runs = unit.backfills.runs(request.sources, request.first, request.last)
    planned = steps(request, runs)
    nights = unit.backfills.median_nights(request.sources)
    absent = missing(planned, runs, nights)
    marks = unit.backfills.price_days(request)
    new = not dry_run and unit.backfills.keep(backfill_id, request, planned)
    days = sorted({step.day for step in planned})
    log.info("backfill.planned", backfill=backfill_id, days=len(days), dry_run=dry_run)
    return {
        "backfill": backfill_id,
        "dry_run": dry_run,
        "new": new,
        "runs": len(planned),
        "days": len(days),
        "days_from": str(days[0]) if days else None,
        "days_to": str(days[-1]) if days else None,
        "first_days": [str(day) for day in days[:TOLD]],
        "to_fetch": sum(step.action == "fetch" for step in planned),
        "to_replay": sum(step.action == "replay" for step in planned),
        "rows_stored": unit.backfills.rows_stored(request),
        "missing_days": absent.days,
        "missing_rows_estimated": absent.rows,
        "missing_days_not_estimated": absent.unknown_days,
        "median_night_rows": {source: round(rows) for source, rows in nights.items()},
        "instrument_days": marks.height,
    }


def run_backfill(
    units: Units,
    backfill_id: str,
    source_named: Callable[[str], Source],
    *,
    check: Check,
    now: datetime,
) -> Mapping[str, object]:
    """Every step that is not done yet, each committed by itself, then the marks of instruments.

    A step that fails for good is noted and the others go on; at the end it fails the run. A source
    that does not answer stops the run, which is then worth a retry. Raises BackfillUnknown,
    BackfillIncomplete, Unavailable.
    """
    with units() as unit:
        request = unit.backfills.request(backfill_id)
        if request is None:
            raise BackfillUnknown(backfill_id)
        left = unit.backfills.open_steps(backfill_id)
    for step in left:
        _do(units, backfill_id, step, source_named, check=check, now=now)
    with units() as unit:
        if request.instruments:
            recall(unit, list(request.days()))
        marks = unit.backfills.price_days(request).with_columns(as_of=pl.lit(request.last))
        marked = mark(unit, marks)
        counts, failures = unit.backfills.outcome(backfill_id)
        if not failures:
            unit.backfills.finish(backfill_id)
    log.info("backfill.done", backfill=backfill_id, failures=len(failures), **counts)
    if failures:
        raise BackfillIncomplete(backfill_id, failures[:TOLD], total=len(failures))
    return {"backfill": backfill_id, "runs": len(left), **counts, "days_marked": marked}


def _do(
    units: Units,
    backfill_id: str,
    step: Step,
    source_named: Callable[[str], Source],
    *,
    check: Check,
    now: datetime,
) -> None:
    try:
        read, added = _ingest(units, step, source_named(step.source), check=check, now=now)
    except Unavailable:
        raise
    except DomainError as error:
        log.warning("backfill.step_failed", source=step.source, day=str(step.day), why=str(error))
        with units() as unit:
            unit.backfills.note(backfill_id, step, state="failed", reason=str(error))
        return
    with units() as unit:
        unit.backfills.note(backfill_id, step, state="done", read=read, added=added)


def _ingest(
    units: Units, step: Step, source: Source, *, check: Check, now: datetime
) -> tuple[int, int]:
    """Rows read and added by the run of one day."""
    day = step.day
    if step.action == "fetch":
        asked = Window(day, day)
        told = fetch(units, source, asked, path=None, item_map=None, now=lambda: now)
        if not told["complete"]:
            raise CollectionUnfinished(step.source, day, _count(told["left"]))
    read = validate(units, source, day, check=check)["read"]
    name = source.mapping.source
    with units() as unit:
        make_room(unit, name, day)
    with units() as unit:
        added = load_trades(unit, name, day)["added"]
    return _count(read), _count(added)


def _count(told: object) -> int:
    return told if isinstance(told, int) else 0
