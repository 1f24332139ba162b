"""Momentum and drawdown: where the last close stands against the closes before it."""

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.series import Series

STALE_DAYS = 45  # how much older than asked a reference close may be


def log_close_at(series: Series, day: Ints, *, not_before: Ints) -> Floats:
    """Log of each owner's last close on or before `day`, missing where older than `not_before`."""
    row = series.row_at(day)
    held = np.maximum(row, 0)
    good = (row >= 0) & (series.day[held] >= not_before)
    return np.where(good, series.log_cents[held], np.nan)


def momentum(series: Series, days: int) -> Floats:
    """Log of the last close over the last close at least `days` older.

    Missing where that one is more than days + STALE_DAYS before the as-of day.
    """
    newest = series.day[series.last]
    oldest = np.full(series.owners, series.as_of_day - days - STALE_DAYS)
    base = log_close_at(series, newest - days, not_before=oldest)
    return series.log_cents[series.last] - base


def drawdown(series: Series, days: int) -> tuple[Floats, Floats]:
    """Last close over the highest close of the last days, minus 1 (<= 0), and days since it.

    Both missing where the last days hold no close.
    """
    within: Flags = series.as_of_day - series.day < days
    cents = np.where(within, series.cents, 0)
    highest = np.maximum.reduceat(cents, series.start) if series.owners else cents
    at_high = within & (cents == highest[series.owner])
    day = np.where(at_high, series.day, -1)
    since = np.maximum.reduceat(day, series.start) if series.owners else day
    some = highest > 0
    depth = np.where(some, series.cents[series.last] / np.maximum(highest, 1) - 1.0, np.nan)
    return depth, np.where(some, series.as_of_day - since, np.nan)
