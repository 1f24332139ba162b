"""Makes the filters anew that tell a load which months may hold a sale.

No month is archived meanwhile: one that leaves between two looks would get a filter of nothing.
"""

from collections.abc import Mapping

import structlog

from ingestion.ports.unit import Unit
from ingestion.usecases.recall import recall

log = structlog.get_logger()


def filter_months(unit: Unit) -> Mapping[str, object]:
    """Filters of all months that sales came to since; loads go on meanwhile."""
    unit.work.claim("filters")
    recall(unit, [])
    renewed = unit.filters.renew()
    log.info("months.filtered", months=renewed)
    return {"months": renewed}
