"""The compiled walk over the days of one book: fills, expiries, marks, decisions, every day anew.

Money is in whatever currency prices are in. Functions stand in the order of a day.
One file on purpose, long as it is: what the compiler keeps on disk is dropped only when the file of
the entry itself changes, not those it calls.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from backtest_engine.arrays import Flags, Floats, Ints

compiled = njit(nogil=True, error_model="numpy")
entry = njit(cache=True, nogil=True, error_model="numpy")

# Columns of the state of an instrument.
QTY, PAID, ENTRY_DAY, SIDE, LEFT, BUDGET, DECIDED, LINE, WANTED, FILLED, CLOSE, SEEN = range(12)
STATES = 12
# Columns of a deed: its kind, how much, at most so many copies.
KIND, AMOUNT, MOST = range(3)
BUY_SHARE, BUY_COPIES, SELL_ALL, SELL_SHARE, SELL_COPIES = range(5)
# Columns of the terms: what the assumptions say, as figures; infinity switches a limit off.
BUY_FEE, SELL_FEE, SLIPPAGE, PARTICIPATION, MAX_WAIT, WHOLE, ON_QUOTES, POSITIONS = range(8)
# What became of an order.
DONE, EXPIRED, CANCELLED, OPEN = range(4)
FILL_COLUMNS = 8  # day, instrument, copies (below 0: sold), price, fee, decided, line, on a quote
ORDER_COLUMNS = 8  # decided, ended, instrument, side, line, wanted, filled, outcome
DAY_COLUMNS = 5  # cash, value, value of stale marks, positions, fees of the day
STALE_DAYS = 45  # as of the market; compiled code keeps a number, not a name of another file
DUST = 1e-9  # of a copy: what rounding may leave
# The book itself: money, and how many rows of each kind there are.
CASH, FEES, FILLS, ORDERS, WAITING, EQUITY, HELD, SELLING = range(8)


class Sheet(NamedTuple):
    """What the market did, in columns of (instruments, days); `first_day` since 1970."""

    first_day: int
    prices: Floats  # at which orders are filled
    close: Floats
    volume: Floats
    happened: Ints
    quotes: Flags


class Plan(NamedTuple):
    """What the rule says. A line of `deeds` is one of the rule; so is a number in `buy_line`."""

    buy_line: Ints  # (instruments, days); below 0 where there is nothing to buy
    score: Floats
    deeds: Floats
    sell_lines: Ints
    steps: Ints
    edges: Ints
    columns: Floats
    groups: Ints  # (caps, instruments)
    group_caps: Floats
    terms: Floats


class Book(NamedTuple):
    """What is held and what waits; `queue` has the BUYs that wait, in the order decided."""

    lo: int
    hi: int
    figures: Floats
    states: Floats
    queue: Ints
    exposure: Floats
    stack: Floats


@compiled
def fits(copies: float, whole: bool) -> float:
    """As many copies as can be traded."""
    return np.floor(copies + DUST) if whole else copies


@compiled
def with_room(rows: Floats, count: int) -> Floats:
    """The rows, and space for one more."""
    if count < len(rows):
        return rows
    more = np.zeros((2 * len(rows), rows.shape[1]))
    more[:count] = rows[:count]
    return more


@compiled
def fillable(sheet: Sheet, plan: Plan, row: int, t: int, decided: float) -> bool:
    """Whether the day has a sale, or a quote that counts as one, of after the decision."""
    if np.isnan(sheet.prices[row, t]) or sheet.happened[row, t] <= decided + sheet.first_day:
        return False
    return bool(sheet.volume[row, t] > 0 or (sheet.quotes[row] and plan.terms[ON_QUOTES] > 0))


@compiled
def most_of_bar(sheet: Sheet, plan: Plan, row: int, t: int) -> float:
    """Copies that one bar can fill."""
    part = plan.terms[PARTICIPATION]
    if sheet.quotes[row]:
        return 1.0
    if np.isinf(part):
        return np.inf
    return max(1.0, fits(part * sheet.volume[row, t], plan.terms[WHOLE] > 0))


@compiled
def filled(
    book: Book, fills: Floats, quote: bool, i: int, t: int, copies: float, price: float, fee: float
) -> Floats:
    """Write a fill and move its money; copies below 0 are sold."""
    one, figures = book.states[i], book.figures
    figures[CASH] -= copies * price + fee
    figures[FEES] += fee
    one[FILLED] += abs(copies)
    one[LEFT] -= abs(copies)
    count = int(figures[FILLS])
    fills = with_room(fills, count)
    fills[count, 0], fills[count, 1], fills[count, 2] = t, book.lo + i, copies
    fills[count, 3], fills[count, 4], fills[count, 5] = price, fee, one[DECIDED]
    fills[count, 6], fills[count, 7] = one[LINE], 1.0 if quote else 0.0
    figures[FILLS] += 1
    return fills


@compiled
def ended(book: Book, orders: Floats, i: int, t: int, outcome: int) -> Floats:
    """Close an order and write what became of it."""
    one, count = book.states[i], int(book.figures[ORDERS])
    orders = with_room(orders, count)
    orders[count, 0], orders[count, 1], orders[count, 2] = one[DECIDED], t, book.lo + i
    orders[count, 3], orders[count, 4], orders[count, 5] = one[SIDE], one[LINE], one[WANTED]
    orders[count, 6], orders[count, 7] = one[FILLED], outcome
    book.figures[SELLING] -= one[SIDE] < 0
    one[SIDE], one[LEFT], one[BUDGET] = 0.0, 0.0, 0.0
    book.figures[ORDERS] += 1
    return orders


@compiled
def reserved(book: Book) -> float:
    """Cash that waiting BUYs may still spend; summed anew, so that no rounding is kept."""
    total = 0.0
    for place in range(int(book.figures[WAITING])):
        total += book.states[book.queue[place], BUDGET]
    return total


@compiled
def close_up(book: Book) -> None:
    """Take what waits no longer out of the queue."""
    kept = 0
    for place in range(int(book.figures[WAITING])):
        if book.states[book.queue[place], SIDE] > 0:
            book.queue[kept] = book.queue[place]
            kept += 1
    book.figures[WAITING] = kept


@compiled
def fill_sales(
    book: Book, sheet: Sheet, plan: Plan, t: int, fills: Floats, orders: Floats
) -> tuple[Floats, Floats]:
    """Waiting SELLs that find a sale."""
    for i in range(book.hi - book.lo):
        one, row = book.states[i], book.lo + i
        if one[SIDE] >= 0 or not fillable(sheet, plan, row, t, one[DECIDED]):
            continue
        copies = min(one[LEFT], most_of_bar(sheet, plan, row, t))
        price = sheet.prices[row, t] * (1.0 - plan.terms[SLIPPAGE])
        fee = copies * price * plan.terms[SELL_FEE]
        one[PAID] -= one[PAID] / one[QTY] * copies
        one[QTY] -= copies
        if one[QTY] <= DUST:
            one[QTY], one[PAID] = 0.0, 0.0
        fills = filled(book, fills, sheet.quotes[row], i, t, -copies, price, fee)
        if one[LEFT] <= DUST:
            orders = ended(book, orders, i, t, DONE)
    return fills, orders


@compiled
def fill_purchases(
    book: Book, sheet: Sheet, plan: Plan, t: int, fills: Floats, orders: Floats
) -> tuple[Floats, Floats]:
    """Waiting BUYs that find a sale, in the order decided; each spends what it has reserved."""
    for place in range(int(book.figures[WAITING])):
        i = book.queue[place]
        one, row = book.states[i], book.lo + i
        if not fillable(sheet, plan, row, t, one[DECIDED]):
            continue
        share = plan.deeds[int(one[LINE]), KIND] == BUY_SHARE
        price = sheet.prices[row, t] * (1.0 + plan.terms[SLIPPAGE])
        unit = price * (1.0 + plan.terms[BUY_FEE])
        money = one[BUDGET]
        if not share:  # so many copies, even if they are dearer now: from what nobody has reserved
            money += book.figures[CASH] - reserved(book)
        able = fits(max(money, 0.0) / unit, plan.terms[WHOLE] > 0)
        copies = min(one[LEFT], able, most_of_bar(sheet, plan, row, t))
        if copies <= DUST:
            continue
        if one[QTY] == 0:
            one[ENTRY_DAY] = t
        one[BUDGET] = max(0.0, one[BUDGET] * (1.0 - copies / one[LEFT]))
        if share:
            one[BUDGET] = max(0.0, money - copies * unit)
        one[PAID] += copies * price
        one[QTY] += copies
        fee = copies * price * plan.terms[BUY_FEE]
        fills = filled(book, fills, sheet.quotes[row], i, t, copies, price, fee)
        # What is left of a share and buys no further copy is rounding, no wish.
        if one[LEFT] <= DUST or (share and copies == able):
            orders = ended(book, orders, i, t, DONE)
    close_up(book)
    return fills, orders


@compiled
def expire(book: Book, plan: Plan, t: int, orders: Floats) -> Floats:
    """Orders that have waited for as long as they may."""
    for i in range(book.hi - book.lo):
        one = book.states[i]
        if one[SIDE] != 0 and t - one[DECIDED] >= plan.terms[MAX_WAIT]:
            orders = ended(book, orders, i, t, EXPIRED)
    close_up(book)
    return orders


@compiled
def mark(book: Book, sheet: Sheet, t: int, day: Floats) -> None:
    """Value what is held at the last known close, and write the day."""
    value, stale, held = 0.0, 0.0, 0.0
    for i in range(book.hi - book.lo):
        one = book.states[i]
        if not np.isnan(sheet.close[book.lo + i, t]):
            one[CLOSE], one[SEEN] = sheet.close[book.lo + i, t], t
        if one[QTY] > 0:
            worth = one[QTY] * one[CLOSE]
            value += worth
            held += 1
            if t - one[SEEN] > STALE_DAYS:
                stale += worth
    figures = book.figures
    figures[EQUITY], figures[HELD] = figures[CASH] + value, held
    day[0], day[1], day[2], day[3], day[4] = figures[CASH], value, stale, held, figures[FEES]
    figures[FEES] = 0.0


@compiled
def evaluated(plan: Plan, sell: int, row: int, t: int, one: Floats, stack: Floats) -> float:
    """1, 0 or NaN of the condition of a SELL line; the codes are those of program.Op."""
    steps, top = plan.steps, -1
    entry_price = one[PAID] / one[QTY]
    for step in range(plan.edges[sell], plan.edges[sell + 1]):
        op = steps[step, 0]
        if op <= 4:
            top += 1
            if op == 0:
                stack[top] = plan.columns[steps[step, 1], row, t]
            elif op == 1:
                stack[top] = t - one[ENTRY_DAY]
            elif op == 2:
                stale = t - one[SEEN] > STALE_DAYS
                stack[top] = np.nan if stale else one[CLOSE] / entry_price - 1.0
            elif op == 3:
                stack[top] = entry_price
            else:
                stack[top] = one[QTY]
        elif op == 5:
            stack[top] = -stack[top]
        elif op == 6:
            stack[top] = 1.0 - stack[top]
        else:
            top -= 1
            stack[top] = of_two(op, stack[top], stack[top + 1])
    return float(stack[0])


@compiled
def of_two(op: int, a: float, b: float) -> float:
    """A step with two values; unknown where one is, except that false AND, true OR are certain."""
    if op == 17 and (a == 0 or b == 0):
        return 0.0
    if op == 18 and (a == 1 or b == 1):
        return 1.0
    if np.isnan(a) or np.isnan(b):
        return np.nan
    if op == 7:
        return a + b
    if op == 8:
        return a - b
    if op == 9:
        return a * b
    if op == 10:
        return np.nan if b == 0 else a / b
    true = (
        (op == 11 and a < b)
        or (op == 12 and a <= b)
        or (op == 13 and a > b)
        or (op == 14 and a >= b)
        or (op == 15 and a == b)
        or (op == 16 and a != b)
        or op == 17  # neither is false
    )
    return 1.0 if true else 0.0


@compiled
def decide_sales(book: Book, plan: Plan, t: int, orders: Floats) -> Floats:
    """The first SELL line that is true of what is held; it cancels the rest of a BUY."""
    whole = plan.terms[WHOLE] > 0
    for i in range(book.hi - book.lo):
        one = book.states[i]
        if one[QTY] <= 0 or one[SIDE] < 0:
            continue
        for sell in range(len(plan.sell_lines)):
            if evaluated(plan, sell, book.lo + i, t, one, book.stack) != 1.0:
                continue
            if one[SIDE] > 0:
                orders = ended(book, orders, i, t, CANCELLED)
            line = plan.sell_lines[sell]
            copies = one[QTY]
            if plan.deeds[line, KIND] == SELL_SHARE:
                copies = fits(one[QTY] * plan.deeds[line, AMOUNT], whole)
                copies = max(1.0, copies) if whole else copies
            elif plan.deeds[line, KIND] == SELL_COPIES:
                copies = plan.deeds[line, AMOUNT]
            one[SIDE], one[LEFT], one[DECIDED] = -1.0, min(copies, one[QTY]), t
            one[LINE], one[WANTED], one[FILLED] = line, one[LEFT], 0.0
            book.figures[SELLING] += 1
            break
    close_up(book)
    return orders


@compiled
def may_buy(book: Book, sheet: Sheet, plan: Plan, i: int, t: int) -> bool:
    """Whether the rule wants it, it neither is held nor waits, and a price of it is known."""
    one, row = book.states[i], book.lo + i
    if plan.buy_line[row, t] < 0 or one[QTY] > 0 or one[SIDE] != 0:
        return False
    if np.isnan(one[CLOSE]) or t - one[SEEN] > STALE_DAYS:
        return False
    return not sheet.quotes[row] or plan.terms[ON_QUOTES] > 0


@compiled
def by_priority(book: Book, sheet: Sheet, plan: Plan, t: int) -> Ints:
    """What may be bought and neither is held nor waits: the highest score first, then in order."""
    count = 0
    for i in range(book.hi - book.lo):
        count += may_buy(book, sheet, plan, i, t)
    found, keys = np.zeros(count, np.int64), np.zeros(count)
    if count == 0:
        return found
    count = 0
    for i in range(book.hi - book.lo):
        if may_buy(book, sheet, plan, i, t):
            score = plan.score[book.lo + i, t]
            keys[count], found[count] = np.inf if np.isnan(score) else -score, i
            count += 1
    return found[np.argsort(keys, kind="mergesort")]


@compiled
def expose(book: Book, plan: Plan) -> None:
    """How much is at risk in each group that has a cap: what is held and what may be bought."""
    book.exposure[:] = 0.0
    for cap in range(len(plan.group_caps)):
        for i in range(book.hi - book.lo):
            one = book.states[i]
            worth = one[QTY] * one[CLOSE] if one[QTY] > 0 else 0.0
            book.exposure[cap, plan.groups[cap, book.lo + i]] += one[BUDGET] + worth


@compiled
def decide_purchases(book: Book, sheet: Sheet, plan: Plan, t: int) -> None:
    """BUYs, while there is cash that no order has reserved and room under the caps."""
    candidates = by_priority(book, sheet, plan, t)
    if len(candidates) == 0:
        return
    whole, equity = plan.terms[WHOLE] > 0, book.figures[EQUITY]
    spare = book.figures[CASH] - reserved(book)
    held = book.figures[HELD]
    for place in range(int(book.figures[WAITING])):
        held += book.states[book.queue[place], QTY] == 0
    expose(book, plan)
    for i in candidates:
        if held >= plan.terms[POSITIONS]:
            return
        one, row = book.states[i], book.lo + i
        line = plan.buy_line[row, t]
        amount, share = plan.deeds[line, AMOUNT], plan.deeds[line, KIND] == BUY_SHARE
        unit = one[CLOSE] * (1.0 + plan.terms[SLIPPAGE]) * (1.0 + plan.terms[BUY_FEE])
        money = min(spare, amount * equity if share else amount * unit)
        for cap in range(len(plan.group_caps)):
            room = plan.group_caps[cap] * equity - book.exposure[cap, plan.groups[cap, row]]
            money = min(money, room)
        most = plan.deeds[line, MOST] if share else amount
        copies = min(fits(max(money, 0.0) / unit, whole), most)
        if copies <= DUST:
            continue
        money = money if share else copies * unit
        one[SIDE], one[DECIDED], one[LINE], one[WANTED] = 1.0, t, line, copies
        one[LEFT], one[FILLED], one[BUDGET] = most if share else copies, 0.0, money
        spare -= money
        held += 1
        for cap in range(len(plan.group_caps)):
            book.exposure[cap, plan.groups[cap, row]] += money
        book.queue[int(book.figures[WAITING])] = i
        book.figures[WAITING] += 1


@entry
def walk(
    lo: int, hi: int, begin: int, capital: float, sheet: Sheet, plan: Plan
) -> tuple[Floats, Floats, Floats, Floats]:
    """Fills, orders, days and final states of the instruments from `lo` to before `hi`.

    Days before `begin` are known, and nothing is decided on them.
    """
    n, days = hi - lo, sheet.close.shape[1]
    groups = plan.groups.max() + 1 if plan.groups.size > 0 else 1
    book = Book(
        lo,
        hi,
        np.zeros(8),
        np.zeros((n, STATES)),
        np.zeros(n, np.int64),
        np.zeros((len(plan.group_caps), groups)),
        np.zeros(len(plan.steps) + 1),
    )
    book.figures[CASH] = capital
    book.states[:, CLOSE] = np.nan
    fills, orders = np.zeros((64, FILL_COLUMNS)), np.zeros((64, ORDER_COLUMNS))
    day_rows = np.zeros((days, DAY_COLUMNS))
    for t in range(begin):
        mark(book, sheet, t, day_rows[t])
    for t in range(begin, days):
        if book.figures[SELLING] > 0:
            fills, orders = fill_sales(book, sheet, plan, t, fills, orders)
        if book.figures[WAITING] > 0:
            fills, orders = fill_purchases(book, sheet, plan, t, fills, orders)
        if book.figures[SELLING] > 0 or book.figures[WAITING] > 0:
            orders = expire(book, plan, t, orders)
        mark(book, sheet, t, day_rows[t])
        if book.figures[HELD] > 0:
            orders = decide_sales(book, plan, t, orders)
        decide_purchases(book, sheet, plan, t)
    for i in range(n):
        if book.states[i, SIDE] != 0:
            orders = ended(book, orders, i, days - 1, OPEN)
    fills, orders = fills[: int(book.figures[FILLS])], orders[: int(book.figures[ORDERS])]
    return fills, orders, day_rows[begin:], book.states
