"""A result in words, and as JSON; money in dollars on the lines, in cents in the JSON."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any

import numpy as np

from backtest_engine.assumptions import Assumptions
from backtest_engine.market import Market
from backtest_engine.metrics import Metrics
from backtest_engine.result import OUTCOMES, Result
from backtest_engine.trades import trades_of
from backtest_svc.domain.placing import EPOCH

MONEY = frozenset({"capital", "final_equity", "final_if_sold", "fees"})


@dataclass(frozen=True)
class Report:
    """One run and what it was run with; the benchmark bought the same universe and held it."""

    rule: str
    fingerprint: str
    market: Market
    assumptions: Assumptions
    result: Result
    metrics: Metrics
    benchmark: Metrics


def headline(report: Report) -> Iterator[str]:
    """The lines a person reads."""
    one, days = report.metrics, report.result.days
    begun = _day(report, 0)
    yield f"{begun} to {_day(report, len(days.cash) - 1)}, {len(report.market.cards)} instruments"
    yield f"  equity          {_dollars(one.capital)} -> {_dollars(one.final_equity)}"
    yield f"  if all is sold  {_dollars(one.final_if_sold)}, at the last closes after fees"
    told = f"{_percent(one.cumulative_return)}, {_percent(one.cagr)} a year"
    yield f"  return          {told}; buy and hold {_percent(report.benchmark.cumulative_return)}"
    yield f"  risk            {_percent(one.volatility)} a year, Sharpe {_number(one.sharpe)}"
    fall = f"{_percent(one.max_drawdown)}, under water for {one.max_drawdown_days} days at most"
    yield f"  deepest fall    {fall}"
    won = f"{_percent(one.hit_rate)} of them won, {_percent(one.average_trade)} on average"
    yield f"  trades          {one.trades} closed ({won}), {one.open_trades} open"
    waited = f"{_number(one.median_days_to_fill)} days to a fill in the median"
    yield f"  orders          {one.orders}, {_percent(one.fill_rate)} of copies filled, {waited}"
    yield f"  fees            {_dollars(one.fees)}"
    if one.quoted_share:
        yield f"  on quotes       {_percent(one.quoted_share)} of turnover had no sale behind it"
    if one.stale_share:
        yield f"  stale marks     {_percent(one.stale_share)} of what was held, by value and day"


def as_json(report: Report) -> dict[str, Any]:
    """Everything of the run; days as dates, money in cents rounded half to even."""
    result, market = report.result, report.market
    days = result.days
    return {
        "rule": report.rule,
        "data_fingerprint": report.fingerprint,
        "assumptions": {
            **asdict(report.assumptions),
            "capital": _cents(report.assumptions.capital),
        },
        "metrics": _figures(report.metrics),
        "buy_and_hold": _figures(report.benchmark),
        "days": {
            "day": [_day(report, n).isoformat() for n in range(len(days.cash))],
            "equity_cents": [_cents(value) for value in days.equity],
            "cash_cents": [_cents(value) for value in days.cash],
            "stale_cents": [_cents(value) for value in days.stale],
            "positions": days.positions.astype(int).tolist(),
        },
        "fills": [
            {
                "day": _day(report, n).isoformat(),
                "decided": _day(report, decided).isoformat(),
                **_instrument(market, i),
                "copies": copies,
                "price_cents": _cents(price),
                "fee_cents": _cents(fee),
                "line": line + 1,
                "on_quote": quoted,
            }
            for n, i, copies, price, fee, decided, line, quoted in _rows(result.fills)
        ],
        "orders": [
            {
                "decided": _day(report, decided).isoformat(),
                "ended": _day(report, ended).isoformat(),
                **_instrument(market, i),
                "side": "BUY" if side > 0 else "SELL",
                "line": line + 1,
                "wanted": wanted,
                "filled": filled,
                "outcome": OUTCOMES[outcome],
            }
            for decided, ended, i, side, line, wanted, filled, outcome in _rows(result.orders)
        ],
        "trades": [
            {
                **_instrument(market, trade.instrument),
                "decided": _day(report, trade.decided).isoformat(),
                "opened": _day(report, trade.opened).isoformat(),
                "closed": None if trade.closed is None else _day(report, trade.closed).isoformat(),
                "copies": trade.copies,
                "paid_cents": _cents(trade.paid),
                "received_cents": _cents(trade.received),
            }
            for trade in trades_of(result)
        ],
    }


def _rows(columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(getattr(columns, one.name).tolist() for one in fields(columns)), strict=True)


def _instrument(market: Market, row: int) -> dict[str, str]:
    return {"card_id": market.cards[row], "grade": market.grades[row]}


def _figures(metrics: Metrics) -> dict[str, Any]:
    told = asdict(metrics)
    money = {f"{name}_cents": _cents(told.pop(name)) for name in sorted(MONEY)}
    return {**told, **money}


def _cents(dollars: float) -> int:
    return int(np.rint(dollars * 100))


def _day(report: Report, number: int) -> date:
    return EPOCH + timedelta(days=report.result.first_day + number)


def _dollars(value: float) -> str:
    return f"${value:,.2f}"


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.1f}%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
