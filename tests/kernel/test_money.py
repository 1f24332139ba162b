"""Prices become cents once, with the rounding named."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import MAX_CENTS, cents_from_price


@pytest.mark.parametrize(
    ("price", "cents"),
    [
        ("167.5", 16750),
        ("24.99", 2499),
        (" 1 ", 100),
        (0.125, 12),
        (0.135, 14),
        ("5275000", 527500000),
    ],
)
def test_a_price_in_dollars_becomes_cents(price: str | float, cents: int) -> None:
    assert cents_from_price(price) == cents


@pytest.mark.parametrize("price", ["", "abc", "NaN", "inf", "0", "-1", "0.001", "99999999999"])
def test_what_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match=r"price|outside"):
        cents_from_price(price)


@given(st.integers(min_value=1, max_value=MAX_CENTS))
def test_cents_survive_the_way_through_dollars(cents: int) -> None:
    assert cents_from_price(Decimal(cents) / 100) == cents
