"""From a sequence model's answers, one a weekly step in spreads, to quantiles at our horizons."""

from functools import cache

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.weekly import STEP_DAYS

QUANTILES = (0.1, 0.5, 0.9)


def at_horizons(answers: Floats, spread: Floats, horizons: tuple[int, ...]) -> Floats:
    """[n, H, 3] quantiles of the log return, in order, from answers [n, STEPS, 3] in spreads."""
    return _between(np.sort(answers * spread[:, :, None], axis=2), horizons)


def spread_at(spread: Floats, horizons: tuple[int, ...]) -> Floats:
    """[n, H] from the spreads of the steps [n, STEPS]."""
    return _between(spread, horizons)


def _between(steps: Floats, horizons: tuple[int, ...]) -> Floats:
    """A horizon between two steps takes from both by its distance; one beyond the last is that."""
    each = [
        (1.0 - share) * steps[:, after - 1] + share * steps[:, after]
        for after, share in map(_neighbours, horizons)
    ]
    return np.stack(each, axis=1)


@cache
def _neighbours(horizon: int) -> tuple[int, float]:
    """The step after it, and how near it is to that one."""
    after = int(np.clip(np.searchsorted(STEP_DAYS, horizon), 1, len(STEP_DAYS) - 1))
    width = STEP_DAYS[after] - STEP_DAYS[after - 1]
    return after, float(np.clip((horizon - STEP_DAYS[after - 1]) / width, 0.0, 1.0))
