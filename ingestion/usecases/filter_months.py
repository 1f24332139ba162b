"""Makes the filters anew that tell a load which months may hold a sale."""

from collections.abc import Mapping

import structlog

from ingestion.ports.unit import Unit

log = structlog.get_logger()


def filter_months(unit: Unit) -> Mapping[str, object]:
    """Filters of all months that sales came to since; loads go on meanwhile."""
    unit.work.claim("filters")
    renewed = unit.filters.renew()
    log.info("months.filtered", months=renewed)
    return {"months": renewed}
