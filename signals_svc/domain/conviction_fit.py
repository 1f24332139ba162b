"""Fits the conviction map on out-of-fold predictions, held to the identity by a ridge."""

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.calibration import FLOOR
from signals_svc.domain.conviction import ConvictionMap, LogisticMap
from signals_svc.domain.decision import ACTIONS

# Labels of neighbouring weeks overlap, so thousands of rows are worth dozens: without many of them
# the map stays near the classifier's own probability.
RIDGE = 50.0
UTILITY_UNIT = 0.1  # a utility of this size weighs like one unit of log odds
STEPS = 25


def fit_conviction(
    actions: Ints, chances: Floats, utilities: Floats, labels: Ints
) -> ConvictionMap:
    """From the action each row would take, its chances, that action's utility, and its label.

    Actions and labels are numbers of ACTIONS.
    """
    maps = [
        _fit_one(chances[rows, code], utilities[rows], labels[rows] == code)
        for code in range(len(ACTIONS))
        for rows in (actions == code,)
    ]
    return ConvictionMap(*maps)


def _fit_one(chance: Floats, utility: Floats, came_true: Floats) -> LogisticMap:
    """Newton steps of a logistic regression whose coefficients are drawn to (0, 1, 0)."""
    held = np.clip(chance, FLOOR, 1 - FLOOR)
    inputs = np.column_stack(
        [np.ones(len(held)), np.log(held / (1 - held)), utility / UTILITY_UNIT]
    )
    identity = np.array([0.0, 1.0, 0.0])
    found = identity.copy()
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slope = inputs.T @ (came_true - p) - RIDGE * (found - identity)
        bend = (inputs * (p * (1 - p))[:, None]).T @ inputs + RIDGE * np.eye(3)
        found = found + np.linalg.solve(bend, slope)
    intercept, slope_, pull = (float(value) for value in found)
    return LogisticMap(intercept, slope_, pull / UTILITY_UNIT)
