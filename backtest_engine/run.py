"""Runs a checked rule on a market: columns, then the walk over the days. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backtest_engine import walk_pass
from backtest_engine.arrays import Floats, Ints
from backtest_engine.assumptions import Assumptions
from backtest_engine.columns import Columns, every
from backtest_engine.dsl import tree
from backtest_engine.dsl.checking import CheckedRule
from backtest_engine.dsl.tree import Expression
from backtest_engine.market import Market, part_of
from backtest_engine.program import program_of
from backtest_engine.result import Days, Result, fills_of, orders_of
from kernel.errors import Rejected

BLOCK = 64  # instruments whose books are summed together, whatever the number of shards
DEED_KINDS = {
    tree.BuyShare: walk_pass.BUY_SHARE,
    tree.BuyCopies: walk_pass.BUY_COPIES,
    tree.SellAll: walk_pass.SELL_ALL,
    tree.SellShare: walk_pass.SELL_SHARE,
    tree.SellCopies: walk_pass.SELL_COPIES,
}


class NothingToRunOn(Rejected):
    """The market has no instrument or no day for decisions."""


@dataclass(frozen=True)
class Walked:
    """What one walk wrote, days being columns of the market."""

    fills: Floats
    orders: Floats
    days: Floats
    states: Floats


def backtest(
    rule: CheckedRule, market: Market, assumptions: Assumptions, *, first: int = 0
) -> Result:
    """Decisions are made from column `first` on; the days before are only looked back at.

    Raises NothingToRunOn, and ColumnMissing where the rule reads what the market has not.
    """
    if not market.instruments or not 0 <= first < market.days:
        told = f"{market.instruments} instruments, {market.days - first} days to decide on"
        raise NothingToRunOn(f"{told}: choose a universe and days with bars")
    across = across_columns(rule, market)
    if assumptions.book == "pooled":
        sheet, plan = prepared(rule, market, assumptions, across)
        walks = [
            Walked(*walk_pass.walk(0, market.instruments, first, assumptions.capital, sheet, plan))
        ]
        return merged(walks, market, assumptions, first=first)
    walks = shard(rule, market, assumptions, across, 0, market.instruments, first=first)
    return merged(walks, market, assumptions, first=first)


def across_columns(rule: CheckedRule, market: Market) -> dict[Expression, Floats]:
    """What looks across instruments, made once on all of them, before any splitting."""
    columns, found = Columns(market), {}
    for expression in _expressions(rule):
        found.update(columns.across(expression))
    return found


def shard(
    rule: CheckedRule,
    market: Market,
    assumptions: Assumptions,
    across: Mapping[Expression, Floats],
    begin: int,
    end: int,
    *,
    first: int = 0,
) -> list[Walked]:
    """The books `per_instrument` of a part of the instruments, which begins and ends at a BLOCK."""
    part = part_of(market, begin, end)
    rows = {expression: column[begin:end] for expression, column in across.items()}
    sheet, plan = prepared(rule, part, assumptions, rows)
    walks = []
    for one in range(begin, end):
        place = one - begin
        found = Walked(*walk_pass.walk(place, place + 1, first, assumptions.capital, sheet, plan))
        found.fills[:, 1] += begin
        found.orders[:, 2] += begin
        walks.append(found)
    return walks


def merged(
    walks: Sequence[Walked], market: Market, assumptions: Assumptions, *, first: int
) -> Result:
    """One result of all books, the same bytes however the instruments were split."""
    books = len(walks)
    fills = np.concatenate([walk.fills for walk in walks])
    orders = np.concatenate([walk.orders for walk in walks])
    fills = fills[np.argsort(fills[:, 0], kind="stable")]
    orders = orders[np.argsort(orders[:, 1], kind="stable")]
    fills[:, [0, 5]] -= first
    orders[:, [0, 1]] -= first
    days = np.zeros_like(walks[0].days)
    for block in range(0, books, BLOCK):
        total = np.zeros_like(days)
        for walk in walks[block : block + BLOCK]:
            total += walk.days
        days += total
    states = np.concatenate([walk.states for walk in walks])
    return Result(
        first_day=market.first_day + first,
        capital=assumptions.capital * books,
        sell_fee=assumptions.sell_fee,
        fills=fills_of(fills),
        orders=orders_of(orders),
        days=Days(*np.ascontiguousarray(days.T)),
        held=states[:, walk_pass.QTY],
        last_close=states[:, walk_pass.CLOSE],
    )


def prepared(
    rule: CheckedRule,
    market: Market,
    assumptions: Assumptions,
    across: Mapping[Expression, Floats],
) -> tuple[walk_pass.Sheet, walk_pass.Plan]:
    """Everything of rule and market as the arrays that the walk reads."""
    columns = Columns(market, across)
    sells = [n for n, when in enumerate(rule.whens) if when.deed.__class__ not in _BUYS]
    program = program_of([rule.whens[n].condition for n in sells], columns)
    groups, caps = _groups(rule, market)
    score = columns.of(rule.score if rule.score is not None else tree.Number(0.0))
    plan = walk_pass.Plan(
        buy_line=_buy_lines(rule, columns),
        score=np.ascontiguousarray(score),
        deeds=np.array([_deed(when.deed) for when in rule.whens]),
        sell_lines=np.array(sells, np.int64),
        steps=program.steps,
        edges=program.edges,
        columns=program.columns,
        groups=groups,
        group_caps=caps,
        terms=_terms(rule, assumptions),
    )
    return _sheet(market, assumptions), plan


_BUYS = (tree.BuyShare, tree.BuyCopies)


def _sheet(market: Market, assumptions: Assumptions) -> walk_pass.Sheet:
    prices = {
        "open": market.open,
        "close": market.close,
        "mid": (market.high + market.low) / 2,
    }[assumptions.fill_at]
    columns = (prices, market.close, market.volume, market.happened, market.quotes)
    return walk_pass.Sheet(market.first_day, *(np.ascontiguousarray(one) for one in columns))


def _buy_lines(rule: CheckedRule, columns: Columns) -> Ints:
    """The first BUY line that is true, where the universe's condition is; else -1."""
    lines = np.full(columns.of(tree.Number(0.0)).shape, -1, np.int64)
    for n, when in reversed(list(enumerate(rule.whens))):
        if isinstance(when.deed, _BUYS):
            within = [columns.of(when.condition)]
            if rule.universe is not None:
                within.append(columns.of(rule.universe))
            lines[every(within) == 1.0] = n
    return lines


def _deed(deed: tree.Deed) -> tuple[float, float, float]:
    kind, most = float(DEED_KINDS[type(deed)]), float("inf")
    match deed:
        case tree.BuyShare(percent, at_most):
            return kind, percent / 100, float(at_most) if at_most is not None else most
        case tree.SellShare(percent):
            return kind, percent / 100, most
        case tree.BuyCopies(copies) | tree.SellCopies(copies):
            return kind, float(copies), most
    return kind, 1.0, most


def _groups(rule: CheckedRule, market: Market) -> tuple[Ints, Floats]:
    """The group of each instrument for each cap on a share, and the caps."""
    names = {"SET": market.sets, "CARD": market.cards, "GRADE": market.grades}
    caps = [cap for cap in rule.caps if isinstance(cap, tree.ShareCap)]
    numbered = [np.unique(np.array(names[cap.of]), return_inverse=True)[1] for cap in caps]
    groups = np.array(numbered, np.int64).reshape(len(caps), market.instruments)
    return groups, np.array([cap.percent / 100 for cap in caps], np.float64)


def _terms(rule: CheckedRule, assumptions: Assumptions) -> Floats:
    positions = [cap.positions for cap in rule.caps if isinstance(cap, tree.PositionsCap)]
    off = float("inf")
    wait, part = assumptions.max_wait_days, assumptions.participation
    return np.array(
        [
            assumptions.buy_fee,
            assumptions.sell_fee,
            assumptions.slippage,
            off if part is None else part,
            off if wait is None else wait,
            float(assumptions.lot == "whole"),
            float(assumptions.fill_on_quotes),
            float(min(positions, default=off)),
        ]
    )


def _expressions(rule: CheckedRule) -> Iterator[Expression]:
    if rule.universe is not None:
        yield rule.universe
    yield from (when.condition for when in rule.whens)
    if rule.score is not None:
        yield rule.score
