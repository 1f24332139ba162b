"""A filter of keys denies none that it was made of and few others let through."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingestion.domain.key_filter import filter_of, may_hold

KEYS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=300)


@given(KEYS)
def test_no_key_of_its_own_is_denied(keys: list[int]) -> None:
    own = np.array(keys, np.int64)
    assert may_hold(filter_of(own), own).all()


def test_of_other_keys_one_in_a_hundred_at_most_is_let_through() -> None:
    random = np.random.default_rng(3)
    for size in (1_000, 5_461, 80_000):  # 5,461 fill the smallest filter for their number
        keys = random.integers(-(2**63), 2**63 - 1, 2 * size)
        body = filter_of(keys[:size])
        assert may_hold(body, keys[size:]).mean() < 0.01
        assert len(body) <= 3 * size + 8


def test_a_month_without_sales_holds_nothing() -> None:
    assert not may_hold(filter_of(np.array([], np.int64)), np.arange(-5, 5)).any()
