"""The fences of the rules as DOMAIN states them, counted here by NumPy alone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.domain.level_rules import fence_of

RULES = {0: "kept", 1: "tukey", 2: "robust_z"}


def stated(price: float, kept: NDArray[np.float64]) -> tuple[str, float, float]:
    q1, median, q3 = np.quantile(kept, [0.25, 0.5, 0.75])
    reach = 3.0 * max(q3 - q1, 0.10)
    if not q1 - reach <= price <= q3 + reach:
        return "tukey", q1 - reach, q3 + reach
    bound = 5 * max(1.4826 * np.median(np.abs(kept - median)), 0.10)
    if abs(price - median) > bound:
        return "robust_z", median - bound, median + bound
    return "kept", 0.0, 0.0


def test_a_price_breaks_the_rules_that_it_breaks_by_their_definition() -> None:
    """Once the distance before the middle one was taken for it: a hundred sales too many."""
    random = np.random.default_rng(7)
    seen = set()
    for _ in range(2_000):
        size = int(random.integers(1, 40))
        # Half of them lie close together, so that the second rule is the nearer one.
        kept = np.sort(random.normal(0, random.choice([0.02, 0.3], size), size))
        price = float(random.normal(0, 1))
        rule, low, high = fence_of(price, kept, size)
        wanted, least, most = stated(price, kept)
        assert RULES[rule] == wanted
        assert [low, high] == pytest.approx([least, most])
        seen.add(wanted)
    assert seen == {"kept", "tukey", "robust_z"}
