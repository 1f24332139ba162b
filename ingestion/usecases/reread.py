"""Reads run days again whose rows were refused, or let in, before something was learned of them."""

from collections.abc import Callable, Mapping

import structlog

from ingestion.domain.errors import RereadsFailed
from ingestion.ports.bookkeeping import Reread
from ingestion.ports.sources import Source
from ingestion.ports.unit import Units
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.screening import Check
from ingestion.usecases.validate import validate
from kernel.errors import DomainError

log = structlog.get_logger()

TRIES = 5  # nights; after that a day waits for a person, who finds the reason beside it
TOLD = 10  # failures listed by name; the rest are counted


def reread(
    units: Units, source_named: Callable[[str], Source], *, check: Check, limit: int
) -> Mapping[str, object]:
    """Up to `limit` of the days that wait, each from its raw rows and committed by itself.

    A day that fails stays, with its reason, and the others go on; at the end it fails the run.
    A day that teaches something queues others, which the next run takes. Raises RereadsFailed.
    """
    with units() as unit:
        waiting = unit.rereads.waiting(most=limit, tries=TRIES)
    counts = {"resolved": 0, "added": 0, "revoked": 0, "reinstated": 0}
    failures = []
    for one in waiting:
        try:
            told = _again(units, source_named(one.source), one, check=check)
        except DomainError as error:
            log.warning("day.not_reread", source=one.source, day=str(one.day), why=str(error))
            failures.append(f"{one.source} {one.day}: {error}")
            with units() as unit:
                unit.rereads.failed(one, str(error))
            continue
        for name in counts:
            counts[name] += int(str(told[name]))
    with units() as unit:
        left = unit.rereads.left()
    done = len(waiting) - len(failures)
    log.info("days.reread", days=done, failed=len(failures), left=left, **counts)
    if failures:
        raise RereadsFailed(failures[:TOLD], total=len(failures), done=done)
    return {"days": done, "left": left, **counts}


def _again(units: Units, source: Source, one: Reread, *, check: Check) -> Mapping[str, object]:
    validated = validate(units, source, one.day, check=check)
    with units() as unit:
        make_room(unit, one.source, one.day)
    with units() as unit:
        loaded = load_trades(unit, one.source, one.day)
        unit.rereads.done(one)
    return {**validated, **loaded}
