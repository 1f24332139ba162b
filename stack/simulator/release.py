"""Owns what a set's release does: nothing is sold before, much and dear at first, less later. Pure.

Everybody opens packs in the first weeks: copies are many, and those who cannot wait pay more.
"""

import numpy as np

from stack.simulator.universe import Floats, Universe

FIRST_LIFT, LIFT_DAYS = 3.0, 45.0  # sales a day: four times as many on the first day
FIRST_PREMIUM, PREMIUM_DAYS = 0.45, 60.0  # log price above what the card settles at
# Slabs come back from the grader weeks after the first packs were opened.
GRADING_DAYS = 30


def busier(universe: Universe, day: int) -> Floats:
    """By how much each card (rows) sells more in each grade (columns); 0 before it can."""
    age = (day - universe.release).astype(np.float64)
    since = np.maximum(age, 0.0)
    lift = 1.0 + FIRST_LIFT * np.exp(-since / LIFT_DAYS)
    out = np.repeat(lift[:, None], universe.rate.shape[1], axis=1)
    out[age < 0, 0] = 0.0
    out[age < GRADING_DAYS, 1:] = 0.0
    return out


def dearer(universe: Universe, day: int) -> Floats:
    """What each card's log price has on top for being new."""
    age = np.maximum(day - universe.release, 0).astype(np.float64)
    premium: Floats = FIRST_PREMIUM * np.exp(-age / PREMIUM_DAYS)
    return premium
