"""Every word of the language by its formula in docs/dsl.md, one cell at a time and slowly."""

from collections.abc import Callable
from itertools import pairwise
from math import ceil, log, nan, sqrt

import numpy as np

from backtest_engine.arrays import Floats
from backtest_engine.market import Market

STALE = 45
Cell = Callable[[Market, int, int], float]


def last(column: Floats, i: int, t: int) -> float:
    """The last value, unless it is older than 45 days."""
    for s in range(t, max(-1, t - STALE - 1), -1):
        if not np.isnan(column[i, s]):
            return float(column[i, s])
    return nan


def close(m: Market, i: int, t: int) -> float:
    return last(m.close, i, t) if t >= 0 else nan


def window(m: Market, i: int, t: int, n: int) -> list[float]:
    """The known of n days' carried closes; empty where there are too few."""
    found = [close(m, i, s) for s in range(max(0, t - n + 1), t + 1)]
    known = [value for value in found if not np.isnan(value)]
    return known if len(known) >= min(n, max(2, ceil(n / 2))) else []


def mean(m: Market, i: int, t: int, n: int) -> float:
    known = window(m, i, t, n)
    return sum(known) / len(known) if known else nan


def deviation(m: Market, i: int, t: int, n: int) -> float:
    known = window(m, i, t, n)
    return float(np.std(known)) if known else nan


def momentum(m: Market, i: int, t: int, n: int) -> float:
    return close(m, i, t) / close(m, i, t - n) - 1


def ema(m: Market, i: int, t: int, n: int) -> float:
    if not window(m, i, t, n):
        return nan
    ages = [a for a in range(4 * n) if t - a >= 0 and not np.isnan(close(m, i, t - a))]
    weights = [(1 - 2 / (n + 1)) ** age for age in ages]
    return sum(w * close(m, i, t - a) for w, a in zip(weights, ages, strict=True)) / sum(weights)


def rsi(m: Market, i: int, t: int, n: int) -> float:
    days = range(max(1, t - n + 1), t + 1)
    changes = [close(m, i, s) - close(m, i, s - 1) for s in days]
    known = [change for change in changes if not np.isnan(change)]
    moved = sum(map(abs, known))
    if len(known) < min(n, max(2, ceil(n / 2))) or moved == 0:
        return nan
    return 100 * sum(max(change, 0) for change in known) / moved


def bars(m: Market, i: int, t: int) -> list[int]:
    return [s for s in range(t + 1) if not np.isnan(m.close[i, s])]


def atr(m: Market, i: int, t: int, n: int) -> float:
    days = bars(m, i, t)
    ranges = []
    for place, s in enumerate(days):
        before = [float(m.close[i, days[place - 1]])] if place else []
        high, low = max([m.high[i, s], *before]), min([m.low[i, s], *before])
        if s > t - n:
            ranges.append(high - low)
    return float(sum(ranges) / len(ranges)) if len(ranges) >= 2 else nan


def volatility(m: Market, i: int, t: int, n: int) -> float:
    days = bars(m, i, t)
    pairs = [(a, b) for a, b in pairwise(days) if b > t - n]
    if len(pairs) < 8:
        return nan
    squares = sum(log(m.close[i, b] / m.close[i, a]) ** 2 for a, b in pairs)
    return sqrt(365 * squares / sum(b - a for a, b in pairs))


def days_since_sale(m: Market, i: int, t: int) -> float:
    days = bars(m, i, t)
    return float(t - days[-1]) if days else nan


def set_index(m: Market, i: int, t: int, n: int) -> float:
    mates = [row for row in range(m.instruments) if m.sets[row] == m.sets[i]]
    known = [value for row in mates if not np.isnan(value := momentum(m, row, t, n))]
    return float(np.median(known)) if len(known) >= 3 else nan


def rank(m: Market, i: int, t: int) -> float:
    mine = close(m, i, t)
    known = [value for row in range(m.instruments) if not np.isnan(value := close(m, row, t))]
    if np.isnan(mine):
        return nan
    below, equal = sum(v < mine for v in known), sum(v == mine for v in known)
    return (below + equal / 2) / len(known)


def premium(m: Market, i: int, t: int) -> float:
    of_card = {m.grades[row]: row for row in range(m.instruments) if m.cards[row] == m.cards[i]}
    if not {"psa10", "raw"} <= set(of_card):
        return nan
    return log(close(m, of_card["psa10"], t) / close(m, of_card["raw"], t))


def signal(name: str) -> Cell:
    return lambda m, i, t: float(m.signals[name][i, t])


def most(m: Market, i: int, t: int, n: int) -> float:
    return max(window(m, i, t, n), default=nan)


# What the example of each word says: a window of 30 days, a width of 2.
WORDS: dict[str, Cell] = {
    "open": lambda m, i, t: last(m.open, i, t),
    "high": lambda m, i, t: last(m.high, i, t),
    "low": lambda m, i, t: last(m.low, i, t),
    "close": close,
    "volume": lambda m, i, t: float(m.volume[i, t]),
    "days_since_sale": days_since_sale,
    "sma": lambda m, i, t: mean(m, i, t, 30),
    "ema": lambda m, i, t: ema(m, i, t, 30),
    "highest": lambda m, i, t: most(m, i, t, 30),
    "lowest": lambda m, i, t: min(window(m, i, t, 30), default=nan),
    "momentum": lambda m, i, t: momentum(m, i, t, 30),
    "zscore": lambda m, i, t: (close(m, i, t) - mean(m, i, t, 30)) / deviation(m, i, t, 30),
    "rsi": lambda m, i, t: rsi(m, i, t, 30),
    "bollinger_upper": lambda m, i, t: mean(m, i, t, 30) + 2 * deviation(m, i, t, 30),
    "bollinger_lower": lambda m, i, t: mean(m, i, t, 30) - 2 * deviation(m, i, t, 30),
    "atr": lambda m, i, t: atr(m, i, t, 30),
    "volatility": lambda m, i, t: volatility(m, i, t, 30),
    "drawdown": lambda m, i, t: close(m, i, t) / most(m, i, t, 30) - 1,
    "liquidity": lambda m, i, t: float(m.volume[i, max(0, t - 29) : t + 1].sum()),
    "set_index": lambda m, i, t: set_index(m, i, t, 30),
    "rank": rank,
    "grade_premium": premium,
    **{
        name: signal(name)
        for name in ("signal", "conviction", "expected_return", "risk", "utility")
    },
}
