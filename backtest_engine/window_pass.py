"""Compiled passes over the trailing days of each instrument. NaN is missing, in and out.

Every window is summed anew, oldest day first: a running sum would remember where the data begin.
"""

import numpy as np
from numba import njit

from backtest_engine.arrays import Floats

MEAN, DEVIATION, HIGHEST, LOWEST = range(4)
LONGEST_GAP_DAYS = 365  # what lies further back is not looked at
LEAST_RETURNS = 8  # for a volatility, as in the features
EMA_SPAN = 4  # windows back: (1 - 2 / (n + 1))^(4 n) is 0.0003

entry = njit(cache=True, nogil=True, error_model="numpy")


@entry
def least_days(window: int) -> int:
    """Half of the days of a window must have a value, and two where it has two."""
    return min(window, max(2, (window + 1) // 2))


@entry
def carried(values: Floats, stale_days: int) -> Floats:
    """Each day's last value, for up to so many days."""
    found = np.full(values.shape, np.nan)
    for i in range(values.shape[0]):
        age = stale_days + 1
        last = np.nan
        for t in range(values.shape[1]):
            age += 1
            if not np.isnan(values[i, t]):
                last, age = values[i, t], 0
            if age <= stale_days:
                found[i, t] = last
    return found


@entry
def days_since(values: Floats) -> Floats:
    """Days since there was a value; missing before the first, and after a year without."""
    found = np.full(values.shape, np.nan)
    for i in range(values.shape[0]):
        seen = -1
        for t in range(values.shape[1]):
            if not np.isnan(values[i, t]):
                seen = t
            if seen >= 0 and t - seen <= LONGEST_GAP_DAYS:
                found[i, t] = t - seen
    return found


@entry
def trailing(values: Floats, window: int, what: int) -> Floats:
    """MEAN, DEVIATION (of the population), HIGHEST or LOWEST of the last days of a window."""
    found = np.full(values.shape, np.nan)
    least = least_days(window)
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            begin = max(0, t - window + 1)
            total, count = 0.0, 0
            low, high = np.inf, -np.inf
            for s in range(begin, t + 1):
                value = values[i, s]
                if not np.isnan(value):
                    total += value
                    count += 1
                    low, high = min(low, value), max(high, value)
            if count < least:
                continue
            mean = total / count
            if what == MEAN:
                found[i, t] = mean
            elif what == HIGHEST:
                found[i, t] = high
            elif what == LOWEST:
                found[i, t] = low
            else:
                squares = 0.0
                for s in range(begin, t + 1):
                    if not np.isnan(values[i, s]):
                        squares += (values[i, s] - mean) ** 2
                found[i, t] = np.sqrt(squares / count)
    return found


@entry
def exponential_mean(values: Floats, window: int) -> Floats:
    """Mean with weights that fall by 1 - 2 / (n + 1) a day, over a fixed span of 4 n days."""
    found = np.full(values.shape, np.nan)
    least, fade = least_days(window), 1.0 - 2.0 / (window + 1)
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            total, weights, count = 0.0, 0.0, 0
            for s in range(max(0, t - EMA_SPAN * window + 1), t + 1):
                # Horner's way: older days have been faded once more with every step.
                total, weights = total * fade, weights * fade
                if not np.isnan(values[i, s]):
                    total, weights = total + values[i, s], weights + 1.0
                    count += s > t - window
            if count >= least:
                found[i, t] = total / weights
    return found


@entry
def rises_among_changes(values: Floats, window: int) -> Floats:
    """100 x sum of rises / (rises + falls) of the changes from day to day; missing without any."""
    found = np.full(values.shape, np.nan)
    least = least_days(window)
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            rises, falls, count = 0.0, 0.0, 0
            for s in range(max(1, t - window + 1), t + 1):
                change = values[i, s] - values[i, s - 1]
                if not np.isnan(change):
                    count += 1
                    rises += max(change, 0.0)
                    falls += max(-change, 0.0)
            if count >= least and rises + falls > 0:
                found[i, t] = 100.0 * rises / (rises + falls)
    return found


@entry
def true_range(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Mean true range of the bars in the window, two at least."""
    found = np.full(close.shape, np.nan)
    for i in range(close.shape[0]):
        ranges = np.full(close.shape[1], np.nan)
        before, seen = np.nan, -1
        for t in range(close.shape[1]):
            if not np.isnan(close[i, t]):
                top, bottom = high[i, t], low[i, t]
                if seen >= 0 and t - seen <= LONGEST_GAP_DAYS:
                    top, bottom = max(top, before), min(bottom, before)
                ranges[t] = top - bottom
                before, seen = close[i, t], t
            total, count = 0.0, 0
            for s in range(max(0, t - window + 1), t + 1):
                if not np.isnan(ranges[s]):
                    total += ranges[s]
                    count += 1
            if count >= min(2, window):
                found[i, t] = total / count
    return found


@entry
def yearly_volatility(close: Floats, window: int) -> Floats:
    """sqrt(365 x sum r^2 / sum gap days) of the log returns whose later bar is in the window."""
    found = np.full(close.shape, np.nan)
    for i in range(close.shape[0]):
        squares = np.zeros(close.shape[1])
        gaps = np.zeros(close.shape[1])
        before, seen = np.nan, -1
        for t in range(close.shape[1]):
            if not np.isnan(close[i, t]):
                if seen >= 0 and t - seen <= LONGEST_GAP_DAYS:
                    squares[t] = np.log(close[i, t] / before) ** 2
                    gaps[t] = t - seen
                before, seen = close[i, t], t
            total, days, count = 0.0, 0.0, 0
            for s in range(max(0, t - window + 1), t + 1):
                total += squares[s]
                days += gaps[s]
                count += gaps[s] > 0
            if count >= LEAST_RETURNS:
                found[i, t] = np.sqrt(365.0 * total / days)
    return found


@entry
def trailing_sum(values: Floats, window: int) -> Floats:
    """Sum of the last days of a window; what is missing adds nothing."""
    found = np.zeros(values.shape)
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            for s in range(max(0, t - window + 1), t + 1):
                if not np.isnan(values[i, s]):
                    found[i, t] += values[i, s]
    return found
