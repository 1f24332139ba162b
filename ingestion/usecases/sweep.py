"""Lets PostgreSQL take back the room of dead rows and learn what its tables hold now."""

from collections.abc import Mapping

import structlog

from ingestion.ports.upkeep import Sweeper

log = structlog.get_logger()

WITHIN_S = 20 * 60  # a task may take half an hour


def sweep(sweeper: Sweeper) -> Mapping[str, object]:
    """VACUUM ANALYZE of every table that changed; what there is no time for is left."""
    done, left = sweeper.sweep(within_s=WITHIN_S)
    log.info("tables.swept", tables=len(done), left=left)
    return {"tables": len(done), "left": left}
