"""The headline figures of a result. Fractions, days and money as prices were; None: cannot be said.

Returns are of the whole book from one day to the next, annualised with 365 (cards trade every day);
the yearly growth divides days by 365.25.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest_engine.arrays import Floats
from backtest_engine.result import OUTCOMES, Result
from backtest_engine.trades import trades_of

DAYS_A_YEAR = 365
DAYS_OF_GROWTH = 365.25


@dataclass(frozen=True)
class Metrics:
    """A drawdown is 0 or below; `fill_rate` is filled copies over wanted, of orders that ended."""

    days: int
    capital: float
    final_equity: float
    final_if_sold: float
    cumulative_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_days: int
    trades: int
    open_trades: int
    hit_rate: float | None
    profit_factor: float | None
    average_trade: float | None
    turnover: float
    exposure: float
    fees: float
    quoted_share: float
    stale_share: float
    orders: int
    fill_rate: float | None
    median_days_to_fill: float | None


def metrics_of(result: Result, *, risk_free: float = 0.0) -> Metrics:
    """`risk_free` is a year's rate."""
    equity = np.concatenate([[result.capital], result.days.equity])
    returns = equity[1:] / equity[:-1] - 1.0
    years = len(returns) / DAYS_OF_GROWTH
    growth = float(equity[-1] / result.capital)
    cagr = growth ** (1 / years) - 1.0 if growth > 0 and len(returns) > 1 else None
    deepest, longest = _drawdown(equity)
    excess = returns - risk_free / DAYS_A_YEAR
    return Metrics(
        days=len(returns),
        capital=result.capital,
        final_equity=float(equity[-1]),
        final_if_sold=result.liquidated,
        cumulative_return=growth - 1.0,
        cagr=cagr,
        volatility=_yearly(returns),
        sharpe=_ratio(excess, _yearly(excess)),
        sortino=_ratio(excess, float(np.sqrt(np.mean(np.minimum(excess, 0) ** 2) * DAYS_A_YEAR))),
        calmar=cagr / -deepest if cagr is not None and deepest < 0 else None,
        max_drawdown=deepest,
        max_drawdown_days=longest,
        **_of_trades(result),
        **_of_orders(result),
        **_of_days(result),
    )


def _yearly(returns: Floats) -> float | None:
    if len(returns) < 2:
        return None
    return float(np.std(returns, ddof=1) * np.sqrt(DAYS_A_YEAR))


def _ratio(excess: Floats, spread: float | None) -> float | None:
    return float(np.mean(excess) * DAYS_A_YEAR / spread) if spread else None


def _drawdown(equity: Floats) -> tuple[float, int]:
    """The deepest fall, and the most days from a high until it was reached again or the end."""
    highs = np.maximum.accumulate(equity)
    below = equity < highs
    longest = run = 0
    for under in below:
        run = run + 1 if under else 0
        longest = max(longest, run)
    return float(np.min(equity / highs - 1.0)), longest


def _of_trades(result: Result) -> dict[str, Any]:
    trades = trades_of(result)
    closed = [trade for trade in trades if trade.closed is not None]
    profits = [trade.received - trade.paid for trade in closed]
    lost = -sum(profit for profit in profits if profit < 0)
    won = sum(profit for profit in profits if profit > 0)
    return {
        "trades": len(closed),
        "open_trades": len(trades) - len(closed),
        "hit_rate": sum(profit > 0 for profit in profits) / len(closed) if closed else None,
        "profit_factor": won / lost if lost > 0 else None,
        "average_trade": sum(trade.gain for trade in closed) / len(closed) if closed else None,
    }


def _of_orders(result: Result) -> dict[str, Any]:
    orders, fills = result.orders, result.fills
    over = orders.outcome != OUTCOMES.index("open")
    wanted = float(np.sum(orders.wanted[over]))
    filled = float(np.sum(np.minimum(orders.filled, orders.wanted)[over]))
    return {
        "orders": len(orders.ended),
        "fill_rate": filled / wanted if wanted > 0 else None,
        "median_days_to_fill": float(np.median(fills.day - fills.decided))
        if len(fills.day)
        else None,
    }


def _of_days(result: Result) -> dict[str, Any]:
    """Turnover a year: half of what was bought and sold, over the mean equity."""
    fills, days = result.fills, result.days
    traded = np.abs(fills.copies * fills.price)
    moved, equity = float(np.sum(traded)), float(np.mean(days.equity))
    years = len(days.cash) / DAYS_A_YEAR
    value = float(np.sum(days.value))
    return {
        "turnover": moved / 2 / equity / years if equity > 0 else 0.0,
        "exposure": value / float(np.sum(days.equity)) if equity > 0 else 0.0,
        "fees": float(np.sum(fills.fee)),
        "quoted_share": float(np.sum(traded[fills.quoted])) / moved if moved else 0.0,
        "stale_share": float(np.sum(days.stale)) / value if value else 0.0,
    }
