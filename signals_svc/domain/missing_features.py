"""Which share of the instruments that may be acted upon lacks a feature."""

from collections.abc import Iterator, Mapping

import numpy as np

from signals_svc.domain.arrays import Ints, Singles
from signals_svc.domain.feature_words import FORMULAS
from signals_svc.domain.measures import Measure

MISSING_SHARE = "feature_missing"


def missing_shares(raw: Mapping[str, Singles], rows: Ints) -> Iterator[Measure]:
    """A figure a feature, of these rows; unknown of none.

    Without bounds: a market of which nobody counts gradings lacks them all, and nothing is wrong.
    """
    for name, column in raw.items():
        yield Measure(
            measure=MISSING_SHARE,
            subject=name,
            words=FORMULAS[name],
            value=float(np.isnan(column[rows]).mean()) if len(rows) else None,
            rows=len(rows),
        )
