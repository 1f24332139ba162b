"""Which units may be put together, and what comes out."""

from backtest_engine.dsl.words import Unit

PLAIN = frozenset({Unit.BARE, Unit.NUMBER, Unit.RATIO})  # may multiply and divide anything


def joined(left: Unit, right: Unit) -> Unit | None:
    """The unit that both share, for sums and comparisons; None where they do not fit."""
    if left is right:
        return left
    if Unit.BARE in (left, right):
        return right if left is Unit.BARE else left
    return None


def product(left: Unit, right: Unit) -> Unit | None:
    """The unit of left x right; None where it has none."""
    if {left, right} == {Unit.PRICE, Unit.COUNT}:
        return Unit.PRICE
    if left in PLAIN and right in PLAIN:
        return left if right is Unit.BARE else right if left is Unit.BARE else _plain(left, right)
    if left in PLAIN or right in PLAIN:
        return right if left in PLAIN else left
    return None


def quotient(left: Unit, right: Unit) -> Unit | None:
    """The unit of left / right; None where it has none."""
    if left is right:
        return Unit.BARE if left is Unit.BARE else Unit.RATIO
    if (left, right) == (Unit.PRICE, Unit.COUNT):
        return Unit.PRICE
    if right in PLAIN:
        return product(left, right)
    return None


def _plain(left: Unit, right: Unit) -> Unit:
    return left if left is right else Unit.NUMBER
