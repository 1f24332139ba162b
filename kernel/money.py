"""Money as integer US cents, and the one conversion from a decimal price."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import NewType

Cents = NewType("Cents", int)

MAX_CENTS = 2_147_483_647  # PostgreSQL int; $21.4 million, four times the dearest card ever sold


def cents_from_price(price: str | float | Decimal) -> Cents:
    """Cents of a price in dollars, rounded half to even.

    Raises ValueError for anything that is no finite number, is not above zero after rounding,
    or does not fit the store.
    """
    try:
        amount = Decimal(str(price).strip())
        cents = int((amount * 100).to_integral_value(rounding=ROUND_HALF_EVEN))
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ValueError(f"{price!r} is not a price") from error
    if not 0 < cents <= MAX_CENTS:
        raise ValueError(f"{price!r} is outside 0.01 .. {MAX_CENTS / 100:.2f}")
    return Cents(cents)
