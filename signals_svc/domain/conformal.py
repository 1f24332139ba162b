"""Moves a band by how far past outcomes lay outside it: one number a side and horizon."""

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.forecast_scores import pinball

MISSED = 0.2  # share that an 80 % band may miss, half of it a side
FEWEST = 400  # forecasts with outcomes, below which their tails say little

Margins = tuple[float, float]


def margins_that_help(
    days: Ints, quantiles: Floats, outcomes: Floats, unit: Floats
) -> Margins | None:
    """Margins of all rows, if those of the earlier half of the days helped the later half.

    `quantiles` [n, 3] had not seen `outcomes`; `unit` is the spread of each row, so that calm and
    wild instruments share the numbers. None: the band is best left alone, as with most models that
    are calibrated already.
    """
    early = days <= np.median(np.unique(days)) if len(days) else np.zeros(0, np.bool_)
    if min(early.sum(), (~early).sum()) < FEWEST:
        return None
    tried = widened(
        quantiles[~early], unit[~early], _margins(quantiles[early], outcomes[early], unit[early])
    )
    helped = (
        pinball(tried, outcomes[~early]).mean()
        < pinball(quantiles[~early], outcomes[~early]).mean()
    )
    return _margins(quantiles, outcomes, unit) if helped else None


def widened(quantiles: Floats, unit: Floats, margins: Margins) -> Floats:
    """The quantiles with their band moved; the middle stays within it."""
    low = np.minimum(quantiles[:, 0] - margins[0] * unit, quantiles[:, 1])
    high = np.maximum(quantiles[:, 2] + margins[1] * unit, quantiles[:, 1])
    return np.stack([low, quantiles[:, 1], high], axis=1)


def _margins(quantiles: Floats, outcomes: Floats, unit: Floats) -> Margins:
    """Of the conformal order statistic, in units; negative narrows."""
    low = np.sort((quantiles[:, 0] - outcomes) / unit)
    high = np.sort((outcomes - quantiles[:, 2]) / unit)
    rows = len(outcomes)
    place = min(rows - 1, int(np.ceil((rows + 1) * (1 - MISSED / 2))) - 1)
    return float(low[place]), float(high[place])
