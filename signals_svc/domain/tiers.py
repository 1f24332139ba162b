"""Tiers of liquidity, by copies sold in 90 days: what holds of busy cards may not of rare ones."""

import numpy as np

from signals_svc.domain.arrays import Flags, Ints

# Name and least copies; quotes alone sell none.
TIERS = (("no sales", 0), ("1 to 5 sales", 1), ("6 to 29 sales", 6), ("30 sales and more", 30))


def by_tier(sold: Ints) -> dict[str, Flags]:
    """Which rows are in each tier, those with rows alone."""
    place = np.searchsorted([least for _, least in TIERS], sold, side="right") - 1
    found = {name: place == number for number, (name, _) in enumerate(TIERS)}
    return {name: rows for name, rows in found.items() if rows.any()}
