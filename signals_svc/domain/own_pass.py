"""What instruments' own series tell, compiled: one pass over each, from its known bars alone.

Kept in one file, so that what the compiler keeps on disk is dropped when any of it changes. No sum
runs on from one day to the next, and additions come in row order: the same rows give the same bits.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_PER_YEAR = 365.0
YEAR_DAYS = 365
MAX_GAP_DAYS = 180  # two closes half a year apart say little of how a price moves
STALE_DAYS = 45  # how much older than asked a reference close of a momentum may be
MIN_RETURNS = 8
FEW = 64  # values of which counting finds the median faster than moving them

HUBER = 3.0  # a return beyond three robust sigmas tells of one event, not of a trend
SCALE_FLOOR = 0.005  # log return per square root of a day; quotes that rarely move have no MAD
WIDE_DAYS = 45  # two months of monthly quotes, and long enough for daily prints to settle
SHORTEST, LONGEST = 15, 180  # half-life of a drift, days: fashions turn within months
DRIFT_BARS = 3  # mean gaps a half-life spans at least; one monthly quote is no trend
MIN_SIGMA_DAY = 0.004  # 7.6 % a year: no collectible is calmer than that
MIN_SPREAD_SHARE = 0.1  # prints never explain more than nine tenths of the variance

# Weights by age in days. Tables, so that a day's weight never depends on its neighbours.
EWMA_HALF_LIFE_DAYS = 90.0
WEIGHT: Floats = 2.0 ** (-np.arange(YEAR_DAYS) / EWMA_HALF_LIFE_DAYS)
# Row: half-life less the shortest, column: age in days.
ROOT: Floats = np.sqrt(np.arange(MAX_GAP_DAYS + 1.0))
DRIFT_WEIGHT: Floats = 2.0 ** (
    -np.arange(YEAR_DAYS) / np.arange(SHORTEST, LONGEST + 1)[:, np.newaxis]
)

# Rows of what a pass gives, per instrument; NaN is missing.
FEATURES = (
    *("momentum_7", "momentum_30", "momentum_90", "momentum_180"),
    *("volatility_90", "volatility_365", "downside_90", "downside_365", "volatility_ewma"),
    *("drawdown_90", "days_since_high_90", "drawdown_365", "days_since_high_365"),
    "impact_90",
)
# What the forecast is made of; kept raw with the features so that a signal has one frozen input.
FORECAST_INPUTS = ("drift_day", "drift_error_day", "sigma_day", "bounce")
OWN = (*FEATURES, *FORECAST_INPUTS)

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def momenta(day: Ints, log_cents: Floats, low: int, high: int, today: int, out: Floats) -> None:
    """Log of the last close over the last one at least n days older, if that is fresh enough."""
    row = high - 1
    for n, days in enumerate((7, 30, 90, 180)):
        while row >= low and day[row] > day[high - 1] - days:
            row -= 1
        fresh = row >= low and day[row] >= today - days - STALE_DAYS
        out[n] = log_cents[high - 1] - log_cents[row] if fresh else np.nan


@compiled
def falls(day: Ints, cents: Ints, low: int, high: int, today: int, out: Floats) -> None:
    """Last close over the highest of the last days, minus 1, and days since the newest such."""
    row, highest, at = high - 1, 0, 0
    for n, days in enumerate((90, 365)):
        while row >= low and today - day[row] < days:
            if cents[row] > highest:
                highest, at = cents[row], day[row]
            row -= 1
        out[2 * n] = cents[high - 1] / highest - 1.0 if highest else np.nan
        out[2 * n + 1] = float(today - at) if highest else np.nan


@compiled
def annual(moves: Floats, gap: Ints, first: int, size: int) -> tuple[float, float]:
    """Annualised sqrt(sum r^2 / sum gap) of the returns from `first` on, of all and of the falls
    alone: a rise counts as 0 over its gap."""
    if size - first < MIN_RETURNS:
        return np.nan, np.nan
    every, falls, days = 0.0, 0.0, 0
    for n in range(first, size):
        square = moves[n] * moves[n]
        every += square
        falls += 0.0 if moves[n] > 0.0 else square
        days += gap[n]
    return np.sqrt(DAYS_PER_YEAR * (every / days)), np.sqrt(DAYS_PER_YEAR * (falls / days))


@compiled
def ewma(r: Floats, gap: Ints, age: Ints, size: int, weight: Floats) -> float:
    """Annualised; each squared return over its gap, weighted by age."""
    top, bottom = 0.0, 0.0
    for n in range(size):
        top += weight[age[n]] * (r[n] * r[n]) / gap[n]
        bottom += weight[age[n]]
    return np.sqrt(DAYS_PER_YEAR * (top / bottom)) if size >= MIN_RETURNS else np.nan


@compiled
def impact(
    low: int, high: int, day: Ints, cents: Ints, log_cents: Floats, volume: Ints, today: int
) -> float:
    """Mean |log return| per $1,000 sold (Amihud) over the returns of 90 days that end in sales."""
    top, count, first = 0.0, 0, high
    while first > low + 1 and today - day[first - 1] < 90:
        first -= 1
    for row in range(first, high):
        if day[row] - day[row - 1] > MAX_GAP_DAYS:
            continue
        dollars = cents[row] * volume[row] / 100.0
        if dollars > 0.0:
            top += abs(log_cents[row] - log_cents[row - 1]) / (dollars / 1000.0)
            count += 1
    return top / count if count >= MIN_RETURNS else np.nan


@compiled
def mean_square(r: Floats, gap: Ints, age: Ints, size: int, weight: Floats) -> tuple[float, float]:
    """Weighted means of the squared deviation from the mean drift and of the gap."""
    weights, gaps, moves = 0.0, 0.0, 0.0
    for n in range(size):
        w = weight[age[n]]
        weights += w
        gaps += w * gap[n]
        moves += w * r[n]
    if weights <= 0.0:
        return np.nan, np.nan
    mean, squares = moves / gaps, 0.0
    for n in range(size):
        deviation = r[n] - mean * gap[n]
        squares += weight[age[n]] * (deviation * deviation)
    return squares / weights, gaps / weights


@compiled
def spread(square: float, gap: float, wide_square: float, wide_gap: float) -> tuple[float, float]:
    """sigma^2 a day and bounce^2; without wide returns everything counts as sigma.

    Prints bounce around the value. What a wide return varies more than a narrow one, over the days
    it spans more, is sigma^2 a day; the rest is bounce, counted once a forecast, not once a day.
    """
    every = square / gap
    sigma = (wide_square - square) / (wide_gap - gap) if wide_gap > gap else np.nan
    if not np.isfinite(sigma):
        sigma = every
    sigma = max(sigma, MIN_SPREAD_SHARE * every, MIN_SIGMA_DAY * MIN_SIGMA_DAY)
    return sigma, max(0.0, (square - sigma * gap) / 2.0)


@compiled
def half_life(gap: Ints, size: int) -> int:
    """Of the drift's weights: DRIFT_BARS mean gaps, within bounds."""
    total = 0
    for n in range(size):
        total += gap[n]
    return int(min(max(np.rint(DRIFT_BARS * (total / size)), SHORTEST), LONGEST))


@compiled
def nth_least(values: Floats, size: int, nth: int) -> float:
    """The value that would stand at place `nth` if the first `size` were sorted; of few the one
    with so many below it, of many by Hoare's find, which moves them about."""
    if size <= FEW:
        for n in range(size):
            below, equal = 0, 0
            for other in range(size):
                below += values[other] < values[n]
                equal += values[other] == values[n]
            if below <= nth < below + equal:
                return float(values[n])
    low, high = 0, size - 1
    while low < high:
        pivot, left, right = values[nth], low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while pivot < values[right]:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        low = left if right < nth else low
        high = right if nth < left else high
    return float(values[nth])


@compiled
def cut_at(unit: Floats, size: int, scratch: Floats) -> float:
    """Beyond which returns per square root of a day are cut: HUBER robust sigmas of the series."""
    for n in range(size):
        scratch[n] = abs(unit[n])
    middle = nth_least(scratch, size, (size - 1) // 2)
    return HUBER * max(1.4826 * middle, SCALE_FLOOR)


@compiled
def drift(
    unit: Floats, gap: Ints, age: Ints, size: int, limit: float, weight: Floats
) -> tuple[float, float, float]:
    """Weighted drift a day, the days it rests on, and the same with squared weights.

    The newest return is left out: half of it bounces back. The others are cut at the limit: a jump
    makes a price riskier, not better.
    """
    moves, days, squares = 0.0, 0.0, 0.0
    for n in range(size - 1):
        cut = min(max(unit[n], -limit), limit) * ROOT[gap[n]]
        moves += weight[age[n]] * cut
        days += weight[age[n]] * gap[n]
        squares += weight[age[n]] * weight[age[n]] * gap[n]
    return moves / days, days, squares


@compiled
def believed(
    drift_day: float, days: float, squares: float, sigma: float, bounce: float
) -> tuple[float, float]:
    """The drift as far as one standard error (James-Stein) leaves room for it, and its error."""
    error = (sigma * squares + 2 * bounce) / (days * days)
    share = 0.0
    if drift_day != 0.0:
        share = max(0.0, 1.0 - error / (drift_day * drift_day))
    return drift_day * share + 0.0, np.sqrt(error * share)


@compiled
def returns_of(
    low: int,
    high: int,
    day: Ints,
    log_cents: Floats,
    today: int,
    apart: int,
    r: Floats,
    gap: Ints,
    age: Ints,
) -> int:
    """How many returns end in the trailing year: each bar over the last one `apart` days older.

    Bars more than MAX_GAP_DAYS apart make none: the series starts anew there. Bars at least 45 days
    apart overlap, and the noise of single prints hardly shows in them.
    """
    size, base = 0, low - 1
    for row in range(low, high):
        while base + 1 < row and day[base + 1] <= day[row] - apart:
            base += 1
        old = today - day[row]
        if base >= low and old < YEAR_DAYS and day[row] - day[base] <= MAX_GAP_DAYS:
            r[size] = log_cents[row] - log_cents[base]
            gap[size] = day[row] - day[base]
            age[size] = old
            size += 1
    return size


@compiled
def forecast_inputs(
    unit: Floats,
    gap: Ints,
    age: Ints,
    size: int,
    square: float,
    mean_gap: float,
    wide_square: float,
    wide_gap: float,
    by_age: Floats,
    limit: float,
) -> tuple[float, float, float, float]:
    """As FORECAST_INPUTS: r ~ N(drift * gap, sigma^2 * gap + 2 * bounce^2)."""
    sigma, bounce = spread(square, mean_gap, wide_square, wide_gap)
    moved, days, squares = drift(unit, gap, age, size, limit, by_age)
    drift_day, error_day = believed(moved, days, squares, sigma, bounce)
    return drift_day, error_day, np.sqrt(sigma), np.sqrt(bounce)


@entry
def own_pass(
    start: Ints,
    last: Ints,
    day: Ints,
    cents: Ints,
    log_cents: Floats,
    volume: Ints,
    today: int,
    weight: Floats,
    drift_weight: Floats,
    out: Floats,
) -> None:
    """Fill `out` [owners, OWN] for the owners whose rows are start .. last."""
    longest = 0
    for owner in range(len(start)):
        longest = max(longest, last[owner] + 1 - start[owner])
    moves = np.empty((4, longest))
    r, wide, unit, scratch = moves[0], moves[1], moves[2], moves[3]
    whole = np.empty((4, longest), np.int64)
    gap, age, wide_gap, wide_age = whole[0], whole[1], whole[2], whole[3]
    for owner in range(len(start)):
        low, high = start[owner], last[owner] + 1
        momenta(day, log_cents, low, high, today, out[owner, 0:4])
        falls(day, cents, low, high, today, out[owner, 9:13])
        size = returns_of(low, high, day, log_cents, today, 1, r, gap, age)
        quarter = size
        while quarter > 0 and age[quarter - 1] < 90:
            quarter -= 1
        out[owner, 4], out[owner, 6] = annual(r, gap, quarter, size)
        out[owner, 5], out[owner, 7] = annual(r, gap, 0, size)
        out[owner, 8] = ewma(r, gap, age, size, weight)
        out[owner, 13] = impact(low, high, day, cents, log_cents, volume, today)
        out[owner, 14:18] = np.nan
        if size < MIN_RETURNS:
            continue
        for n in range(size):
            unit[n] = r[n] / ROOT[gap[n]]
        square, mean_gap = mean_square(r, gap, age, size, weight)
        wide_size = returns_of(
            low, high, day, log_cents, today, WIDE_DAYS, wide, wide_gap, wide_age
        )
        wide_square, wide_mean = mean_square(wide, wide_gap, wide_age, wide_size, weight)
        by_age = drift_weight[half_life(gap, size) - SHORTEST]
        limit = cut_at(unit, size, scratch)
        out[owner, 14], out[owner, 15], out[owner, 16], out[owner, 17] = forecast_inputs(
            unit, gap, age, size, square, mean_gap, wide_square, wide_mean, by_age, limit
        )


@entry
def closes_pass(
    start: Ints,
    last: Ints,
    day: Ints,
    log_cents: Floats,
    today: int,
    step: int,
    stale: int,
    out: Floats,
) -> None:
    """Fill `out` [owners, steps]: log close on today, a step earlier ..., NaN where older than
    `stale` days by then."""
    for owner in range(len(start)):
        row = last[owner]
        for n in range(out.shape[1]):
            wanted = today - n * step
            while row >= start[owner] and day[row] > wanted:
                row -= 1
            fresh = row >= start[owner] and day[row] >= wanted - stale
            out[owner, n] = log_cents[row] if fresh else np.nan
