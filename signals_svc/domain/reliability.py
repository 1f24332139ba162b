"""How often convictions came true, in bins per action: the curve of the model card."""

from typing import Any

import numpy as np

from signals_svc.domain.arrays import Flags, Floats
from signals_svc.domain.decision import ACTIONS, Action

BINS = 10


def reliability_of(
    taken: list[Action], convictions: Floats, came_true: Flags
) -> list[dict[str, Any]]:
    """One entry a bin with rows: action, rows, mean conviction, share that came true."""
    actions = np.array(taken)
    bins = np.minimum((convictions * BINS).astype(np.int64), BINS - 1)
    curve = []
    for action in ACTIONS:
        for number in range(BINS):
            rows = (actions == action) & (bins == number)
            if rows.any():
                curve.append(
                    {
                        "action": action,
                        "rows": int(rows.sum()),
                        "conviction": round(float(convictions[rows].mean()), 4),
                        "came_true": round(float(came_true[rows].mean()), 4),
                    }
                )
    return curve
