"""The lookahead certificate: the same run on stores that end earlier, and begin earlier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backtest_engine.assumptions import Assumptions
from backtest_engine.dsl.checking import understand
from backtest_engine.market import Market
from backtest_engine.result import Result
from backtest_engine.run import backtest
from backtest_svc.domain.placing import EPOCH
from backtest_svc.ports import Prices
from backtest_svc.usecases.run_rule import fingerprint_of, market_known
from kernel.days import end_of
from kernel.errors import Conflict

MORE_DAYS = 400  # of earlier data for the warm-up check


@dataclass(frozen=True)
class Cell:
    """One number of a run, by name and day."""

    name: str
    day: date
    value: object


class SeesTheFuture(Conflict):
    """A cell of the past depends on what became known later."""

    title = "Not honest"

    def __init__(self, cut: date, cell: Cell, other: object) -> None:
        self.cut, self.cell = cut, cell
        super().__init__(
            f"{cell.name} on {cell.day} is {cell.value} in the whole run, and {other} on a store"
            f" that ends with {cut}: do not trust the result, and report the rule"
        )


class NotWarm(Conflict):
    """A cell depends on where the data begin."""

    title = "Not warmed up"

    def __init__(self, cell: Cell, other: object, earlier: int) -> None:
        self.cell = cell
        super().__init__(
            f"{cell.name} on {cell.day} is {cell.value}, and {other} with {earlier} more days of"
            " data before: a word of the rule looks back further than it says"
        )


@dataclass(frozen=True)
class Certificate:
    """What was compared and found the same."""

    fingerprint: str
    cuts: tuple[date, ...]
    cells: int


def verify_rule(
    prices: Prices,
    text: str,
    *,
    first: date,
    last: date,
    as_of: datetime,
    asked: Assumptions,
    cuts: int,
) -> Certificate:
    """Raises SeesTheFuture and NotWarm with the first cell that differs, and what a run does."""
    rule = understand(text)

    def ran(until: date, moment: datetime, earlier: int = 0) -> tuple[Market, Result, int]:
        market, begin = market_known(
            prices, rule, first=first, last=until, as_of=moment, earlier=earlier
        )
        return market, backtest(rule, market, asked, first=begin), begin

    market, whole, _ = ran(last, as_of)
    told = 0
    days = cut_days(first, last, cuts)
    for cut in days:
        part_market, part, _ = ran(cut, min(as_of, end_of(cut)))
        pairs = paired(cells_of(whole, market, cut), cells_of(part, part_market, cut))
        for count, (cell, other) in enumerate(pairs, start=told + 1):
            if other is None or cell.value != other:
                raise SeesTheFuture(cut, cell, other)
            told = count
    longer_market, longer, _ = ran(last, as_of, MORE_DAYS)
    pairs = paired(cells_of(whole, market, last), cells_of(longer, longer_market, last))
    for count, (cell, other) in enumerate(pairs, start=told + 1):
        if other is None or cell.value != other:
            raise NotWarm(cell, other, MORE_DAYS)
        told = count
    return Certificate(fingerprint_of(market), tuple(days), told)


def cut_days(first: date, last: date, count: int) -> list[date]:
    """So many days between, evenly apart, none of them the last."""
    span = (last - first).days
    return sorted({first + timedelta(days=span * n // (count + 1)) for n in range(1, count + 1)})


def cells_of(result: Result, market: Market, until: date) -> list[Cell]:
    """Cash and equity of each day, every fill, and every order decided, by time."""
    begun = EPOCH + timedelta(days=result.first_day)
    names = [f"{card} {grade}" for card, grade in zip(market.cards, market.grades, strict=True)]
    cells = list(_days(result, begun))
    fills, orders = result.fills, result.orders
    for n in range(len(fills.day)):
        name = f"fill of {names[fills.instrument[n]]}"
        told = (float(fills.copies[n]), float(fills.price[n]), float(fills.fee[n]))
        cells.append(Cell(name, begun + timedelta(days=int(fills.day[n])), told))
    for n in range(len(orders.decided)):
        side = "BUY" if orders.side[n] > 0 else "SELL"
        wish = (int(orders.line[n]), float(orders.wanted[n]))
        day = begun + timedelta(days=int(orders.decided[n]))
        cells.append(Cell(f"{side} of {names[orders.instrument[n]]}", day, wish))
    return sorted(
        (cell for cell in cells if cell.day <= until), key=lambda one: (one.day, one.name)
    )


def paired(cells: Sequence[Cell], others: Sequence[Cell]) -> Iterator[tuple[Cell, object]]:
    """Each cell with the other's value; None where the other has no such cell, or the other way."""
    known = {(cell.name, cell.day): cell.value for cell in others}
    seen = {(cell.name, cell.day) for cell in cells}
    both = [*cells, *(Cell(o.name, o.day, None) for o in others if (o.name, o.day) not in seen)]
    for cell in sorted(both, key=lambda one: (one.day, one.name)):
        yield cell, known.get((cell.name, cell.day))


def _days(result: Result, begun: date) -> Iterator[Cell]:
    for n, (cash, value) in enumerate(zip(result.days.cash, result.days.value, strict=True)):
        day = begun + timedelta(days=n)
        yield Cell("cash", day, float(cash))
        yield Cell("value of what is held", day, float(value))
