"""The outlier fence: a price far from an instrument's kept prices of the trailing 90 days."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

DAY_US = 86_400_000_000
WINDOWS_DAYS = (90, 365)  # the wider one where the nearer one is too thin
FEWEST = 8
TUKEY_K = 3.0
Z_LIMIT = 5.0
SCALE_FLOOR = 0.10  # log: prints of one card differ by that much without any error
MAD_TO_SIGMA = 1.4826

RUN = 3  # flagged trades in a row that make a new level
AGREE = log(1.2) + 1e-9  # within 20 %; 100 against 120 agrees


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
        return max(0, int(exp(self.low))), min(2_147_483_647, int(exp(min(self.high, 40.0))) + 1)


class Finding(NamedTuple):
    """`at` is the index of the sale with which it became known that sale `of` is (not) one."""

    of: int
    at: int
    fence: Fence | None  # None: re-admitted


@dataclass
class Trailing:
    """Kept prices of the last so many days, sorted; grows and forgets as time goes on."""

    span_us: int

    def __post_init__(self) -> None:
        self._by_time: deque[tuple[int, float]] = deque()
        self.prices: list[float] = []

    def admit(self, sale: Sale) -> None:
        """Take a kept price; sales come in order of time."""
        self._by_time.append((sale.ts_us, sale.log_price))
        insort(self.prices, sale.log_price)

    def forget(self, now_us: int) -> None:
        """Drop what is older than the span."""
        while self._by_time and self._by_time[0][0] < now_us - self.span_us:
            _, gone = self._by_time.popleft()
            del self.prices[bisect_left(self.prices, gone)]


def quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics, as numpy's default."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def fence_around(price: float, kept: Sequence[float]) -> Fence | None:
    """The fence that log price `price` breaks against the sorted kept prices, or None."""
    median = quantile(kept, 0.5)
    q1, q3 = quantile(kept, 0.25), quantile(kept, 0.75)
    reach = TUKEY_K * max(q3 - q1, SCALE_FLOOR)
    if not q1 - reach <= price <= q3 + reach:
        return Fence("tukey", q1 - reach, q3 + reach)
    # The scale has a floor, so nothing nearer than this can break the second rule.
    if abs(price - median) <= Z_LIMIT * SCALE_FLOOR:
        return None
    mad = quantile(sorted(abs(other - median) for other in kept), 0.5)
    bound = Z_LIMIT * max(MAD_TO_SIGMA * mad, SCALE_FLOOR)
    if abs(price - median) > bound:
        return Fence("robust_z", median - bound, median + bound)
    return None


def is_new_level(run: Sequence[Sale]) -> bool:
    """Whether flagged sales in a row confirm each other: near in price, not one seller's."""
    prices = [sale.log_price for sale in run]
    if len(run) < RUN or max(prices) - min(prices) > AGREE:
        return False
    sellers = {sale.seller for sale in run}
    if None in sellers:
        return len({sale.ts_us // DAY_US for sale in run}) == RUN
    return len(sellers) == RUN


def find_outliers(sales: Sequence[Sale]) -> list[Finding]:
    """All findings on one instrument's sales, given in the order of (ts, key).

    A sale is measured against kept sales before it: those inside their fence, and those
    re-admitted by a sale before it. Any three flagged sales in a row that agree are re-admitted.
    """
    windows = [Trailing(days * DAY_US) for days in WINDOWS_DAYS]
    findings: list[Finding] = []
    flagged: list[int] = []
    readmitted: set[int] = set()
    for place, sale in enumerate(sales):
        for window in windows:
            window.forget(sale.ts_us)
        kept = next((w.prices for w in windows if len(w.prices) >= FEWEST), None)
        fence = None if kept is None else fence_around(sale.log_price, kept)
        if fence is None:
            flagged.clear()
            admitted = [place]
        else:
            findings.append(Finding(place, place, fence))
            flagged.append(place)
            run = flagged[-RUN:]
            confirmed = is_new_level([sales[i] for i in run])
            admitted = [i for i in run if i not in readmitted] if confirmed else []
            readmitted.update(admitted)
            findings.extend(Finding(i, place, None) for i in admitted)
        for i in admitted:
            for window in windows:
                window.admit(sales[i])
    return findings
