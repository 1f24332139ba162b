"""The rule of quotes, compiled: a move beyond 3x waits until the next quote agrees within 20 %.

A quote is measured against the last one that was not flagged. The one after a jump either agrees
with it, and both stand, or it is measured against the same one as the jump was.
"""

from math import log

from ingestion.domain.level_rules import AGREE, KEPT, Floats, Ints, compiled
from ingestion.domain.sale_pass import Told, Window, before, touch

JUMP = log(3.0)
QUOTE_JUMP = 3


@compiled
def judge_quotes(
    price: Floats, told: Told, window: Window, standing: Ints, first: int, last: int, end: int
) -> None:
    """Judge anew from `first` on, until nothing changes beyond `last`. `standing`: of each place,
    the place of the quote that the next one is measured against."""
    previous = before(told.live, first)
    if previous >= 0 and told.again[previous] >= first:
        told.again[previous] = -1
        touch(window, previous)
    for at in range(first, end):
        if not told.live[at]:
            continue
        same = judge_quote(price, told, window, standing, previous, at)
        if same and at > last:
            told.again[at] = told.was[at]
            return
        previous = at


@compiled
def judge_quote(
    price: Floats, told: Told, window: Window, standing: Ints, previous: int, at: int
) -> bool:
    """Judge the quote at `at`, the next after `previous`; whether what follows is as it was."""
    was_standing, was_waiting = standing[at], told.rule[at] != KEPT
    told.was[at], told.again[at] = told.again[at], -1
    touch(window, at)
    waits = previous >= 0 and told.rule[previous] != KEPT
    against = standing[previous] if previous >= 0 else -1
    told.rule[at], standing[at] = KEPT, at
    if waits and abs(price[at] - price[previous]) <= AGREE:
        told.again[previous] = at
        touch(window, previous)
    elif against >= 0 and abs(price[at] - price[against]) > JUMP:
        told.rule[at], standing[at] = QUOTE_JUMP, against
        told.low[at], told.high[at] = price[against] - JUMP, price[against] + JUMP
    return bool(standing[at] == was_standing and was_waiting == (told.rule[at] != KEPT))
