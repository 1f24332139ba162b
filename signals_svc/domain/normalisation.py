"""Robust z of a feature across the instruments alive that day, clipped. Missing stays missing."""

import numpy as np

from signals_svc.domain.arrays import Flags, Floats

CLIP = 5.0
MIN_UNIVERSE = 8  # fewer have no spread worth dividing by
MAD_TO_SIGMA = 1.4826
MEAN_ABSOLUTE_TO_SIGMA = 1.2533


def robust_z(values: Floats, alive: Flags) -> Floats:
    """(x - median) / scale within +-CLIP; NaN in, NaN out, and all NaN below MIN_UNIVERSE.

    Scale is 1.4826 MAD; where more than half agree and that is 0, 1.2533 mean |x - median|.
    """
    universe = values[alive & np.isfinite(values)]
    if len(universe) < MIN_UNIVERSE:
        return np.full(len(values), np.nan)
    centre = np.median(universe)
    distance = np.abs(universe - centre)
    scale = MAD_TO_SIGMA * np.median(distance) or MEAN_ABSOLUTE_TO_SIGMA * distance.mean()
    if scale == 0.0:
        return np.where(np.isfinite(values), 0.0, np.nan)
    z: Floats = np.clip((values - centre) / scale, -CLIP, CLIP)
    return z
