"""What came of a price: the label of an as-of day, once the horizon has passed."""

from dataclasses import dataclass

import numpy as np

from kernel.series import KINDS
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.bars import FOREVER, Bars
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.series import STRIDE, Series

LABEL_WINDOW_DAYS = 15
NO_LABEL = -1
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Outcomes:
    """What came of each close in use on a day; `known_us` is when that could be said for good.

    A monthly quote is known long after the day it is stamped with, and so is a late sale.
    """

    log_returns: Floats
    known_us: Ints


def labels_of(log_returns: Floats, break_even: float) -> Ints:
    """Number of the label in ACTIONS: BUY above the break-even, SELL below minus it, else HOLD.

    NO_LABEL where there is no return.
    """
    codes = np.where(
        log_returns > break_even,
        ACTIONS.index("BUY"),
        np.where(log_returns < -break_even, ACTIONS.index("SELL"), ACTIONS.index("HOLD")),
    )
    return np.where(np.isfinite(log_returns), codes, NO_LABEL)


def realised(
    at: Series, known_later: Bars, horizon_days: int, *, window_days: int = LABEL_WINDOW_DAYS
) -> Outcomes:
    """From each close in use on a day to the last close in days h - window .. h after it.

    Closes are of the very series in use on the day, as known later; NaN where the window holds
    none. The window never reaches back to the as-of day itself.
    """
    kinds = len(KINDS)
    keys = (known_later.slot * kinds + known_later.kind) * STRIDE + known_later.day
    series = (at.slots * kinds + at.kind) * STRIDE
    last = at.as_of_day + horizon_days
    first = at.as_of_day + max(1, horizon_days - window_days)
    if not len(keys):
        return Outcomes(np.full(at.owners, np.nan), np.full(at.owners, FOREVER))
    row = np.searchsorted(keys, series + last, side="right") - 1
    held = np.maximum(row, 0)
    found = (row >= 0) & (keys[held] >= series + first)
    over_us = (last + 1) * DAY_US  # until then a later close may still come
    return Outcomes(
        log_returns=np.where(found, known_later.log_cents[held] - at.log_cents[at.last], np.nan),
        known_us=np.where(found, np.maximum(known_later.known_us[held], over_us), FOREVER),
    )


def marks_of(at: Series, known_later: Bars, offsets: Ints) -> Floats:
    """(owners, offsets): log return from each close in use on a day to the last close by so many
    days after it. Of the very series, as known later; NaN where none came since the day.
    """
    kinds = len(KINDS)
    keys = (known_later.slot * kinds + known_later.kind) * STRIDE + known_later.day
    now = ((at.slots * kinds + at.kind) * STRIDE + at.as_of_day)[:, None]
    if not len(keys):
        return np.full((at.owners, len(offsets)), np.nan)
    row = np.maximum(np.searchsorted(keys, now + offsets, side="right") - 1, 0)
    found = (keys[row] > now) & (keys[row] <= now + offsets)
    return np.where(found, known_later.log_cents[row] - at.log_cents[at.last][:, None], np.nan)


NEXT_SALE_DAYS = 45  # an order that waits for longer has expired


def next_sale(at: Series, known_later: Bars) -> Floats:
    """Log return from each close in use on a day to the first close after the day: what a buyer
    really pays. Of the very series, as known later; NaN where none came within NEXT_SALE_DAYS.
    """
    kinds = len(KINDS)
    keys = (known_later.slot * kinds + known_later.kind) * STRIDE + known_later.day
    now = (at.slots * kinds + at.kind) * STRIDE + at.as_of_day
    if not len(keys):
        return np.full(at.owners, np.nan)
    row = np.minimum(np.searchsorted(keys, now, side="right"), len(keys) - 1)
    found = (keys[row] > now) & (keys[row] <= now + NEXT_SALE_DAYS)
    return np.where(found, known_later.log_cents[row] - at.log_cents[at.last], np.nan)
