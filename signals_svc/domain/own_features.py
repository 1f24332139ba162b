"""What an instrument's own series tells, a column a feature."""

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.in_parts import in_parts
from signals_svc.domain.own_pass import DRIFT_WEIGHT, OWN, WEIGHT, own_pass
from signals_svc.domain.series import Series


def own_features(series: Series) -> dict[str, Floats]:
    """By the names of OWN, one value per owner; NaN is missing."""
    out = np.empty((series.owners, len(OWN)))

    def filled(part: slice) -> None:
        rows = (series.day, series.cents, series.log_cents, series.volume)
        own_pass(
            series.start[part],
            series.last[part],
            *rows,
            series.as_of_day,
            WEIGHT,
            DRIFT_WEIGHT,
            out[part],
        )

    in_parts(filled, series.owners)
    return dict(zip(OWN, np.ascontiguousarray(out.T), strict=True))
