"""Robust z of features across the instruments alive that day, clipped. Missing stays missing.

Nothing but the day itself goes in: a scale that knew other days would know days to come.
"""

import numpy as np

from signals_svc.domain.arrays import Flags, Floats
from signals_svc.domain.cross_pass import robust_z_pass
from signals_svc.domain.in_parts import in_parts


def robust_z(values: Floats, alive: Flags) -> Floats:
    """Of [features, instruments], or of one feature: (x - median) / scale within +-CLIP.

    NaN in, NaN out, and all NaN below MIN_UNIVERSE. Scale is 1.4826 MAD; where more than half agree
    and that is 0, 1.2533 mean |x - median|.
    """
    rows = np.ascontiguousarray(np.atleast_2d(values))
    out = np.empty_like(rows)

    def filled(part: slice) -> None:
        counted = np.where(alive & np.isfinite(rows[part]), rows[part], np.nan)
        counted.sort(axis=1)
        robust_z_pass(rows[part], counted, out[part])

    in_parts(filled, len(rows), least=8)
    return out.reshape(values.shape)
