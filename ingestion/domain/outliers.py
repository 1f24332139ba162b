"""The outlier fence: a price far from an instrument's kept prices of the trailing 90 days."""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RULES = ("kept", "tukey", "robust_z")  # by the numbers of the compiled pass
NOBODY = -1
MANY = 100_000  # sales, from which on several threads are worth waking
MOST_CENTS = 2_147_483_647  # what a store of int holds


class Sale(NamedTuple):
    """One price in the order of (ts, key). `seller` None: not known."""

    ts_us: int
    log_price: float
    seller: str | None = None


class Fence(NamedTuple):
    """The bounds, log price, that a price was outside of, and the rule they come from."""

    rule: str
    low: float
    high: float

    def cents(self) -> tuple[int, int]:
        """The bounds in cents, rounded outwards to what a store of int holds."""
        return max(0, int(exp(self.low))), min(MOST_CENTS, int(exp(min(self.high, 40.0))) + 1)


class Finding(NamedTuple):
    """`at` is the index of the sale with which it became known that sale `of` is (not) one."""

    of: int
    at: int
    fence: Fence | None  # None: re-admitted


class Judged(NamedTuple):
    """For each sale the number of the rule it broke (0: none), the fence, and the place of the
    sale that re-admitted it (-1: none), counted from its instrument's first."""

    rule: NDArray[np.int8]
    low: Floats
    high: Floats
    again: Ints


def judged(bounds: Ints, ts_us: Ints, log_price: Floats, seller: Ints) -> Judged:
    """Judge many instruments at once: number i has the places from bounds[i] to bounds[i + 1].

    A sale is measured against kept sales before it: those inside their fence, and those
    re-admitted by a sale before it. Re-admitted are any three flagged sales in a row that agree,
    and two flagged on one side that agree with a kept one within 90 days. `seller` -1: not known.
    """
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.level_pass import judge_few, judge_many

    rows = ts_us.size
    told = Judged(
        np.zeros(rows, np.int8), np.empty(rows), np.empty(rows), np.full(rows, -1, np.int64)
    )
    judge = judge_many if rows >= MANY else judge_few
    judge(bounds, ts_us, log_price, seller, *told)
    return told


def findings(ts_us: Ints, log_price: Floats, seller: Ints) -> list[Finding]:
    """All findings on one instrument's sales, given in the order of (ts, key)."""
    told = judged(np.array([0, ts_us.size]), ts_us, log_price, seller)
    found: list[Finding] = []
    for of in map(int, np.flatnonzero(told.rule)):
        fence = Fence(RULES[told.rule[of]], float(told.low[of]), float(told.high[of]))
        found.append(Finding(of, of, fence))
        if told.again[of] >= 0:
            found.append(Finding(of, int(told.again[of]), None))
    # Flagged first, then re-admitted: of two findings of one moment the later counts.
    return sorted(found, key=lambda one: (one.at, one.fence is None, one.of))


def find_outliers(sales: Sequence[Sale]) -> list[Finding]:
    """`findings` on sales one by one."""
    numbers: dict[str | None, int] = {None: NOBODY}
    for sale in sales:
        numbers.setdefault(sale.seller, len(numbers))
    return findings(
        np.array([sale.ts_us for sale in sales], np.int64),
        np.array([sale.log_price for sale in sales], np.float64),
        np.array([numbers[sale.seller] for sale in sales], np.int64),
    )
