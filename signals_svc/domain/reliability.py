"""How often convictions came true, in bins per action: the curve of the model card."""

from typing import Any

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.decision import ACTIONS, Action
from signals_svc.domain.tiers import by_tier

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


def error_of(curve: list[dict[str, Any]]) -> float:
    """Mean distance between conviction and what came true, bins weighted by their rows."""
    rows = sum(one["rows"] for one in curve)
    return float(
        sum(one["rows"] * abs(one["conviction"] - one["came_true"]) for one in curve) / rows
    )


def reliability_by_tier(sold: Ints, convictions: Floats, came_true: Flags) -> list[dict[str, Any]]:
    """One entry a tier with rows: rows, mean conviction, share that came true."""
    return [
        {
            "tier": name,
            "rows": int(rows.sum()),
            "conviction": round(float(convictions[rows].mean()), 4),
            "came_true": round(float(came_true[rows].mean()), 4),
        }
        for name, rows in by_tier(sold).items()
    ]
