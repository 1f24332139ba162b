"""Runs a rule on what the store knew at a moment, beside buying its universe and holding it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import numpy as np

from backtest_engine.assumptions import Assumptions
from backtest_engine.dsl.checking import CheckedRule, understand
from backtest_engine.dsl.formatting import format_expression, format_rule
from backtest_engine.lookback import lookback_days
from backtest_engine.market import Market
from backtest_engine.metrics import metrics_of
from backtest_engine.result import Result
from backtest_engine.run import backtest
from backtest_svc.domain.placing import Span, market_of
from backtest_svc.domain.telling import Report
from backtest_svc.ports import Prices
from kernel.days import end_of
from kernel.errors import Rejected


class DaysInverted(Rejected):
    """The last day is before the first."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"--to {last} is before --from {first}; swap them")


class NoBars(Rejected):
    """The store knew of no bar on these days."""

    def __init__(self, span: Span, as_of: datetime) -> None:
        super().__init__(
            f"no bar between {span.first} and {span.last} was known at {as_of.isoformat()};"
            " choose other days, or a later moment"
        )


def run_rule(
    prices: Prices, text: str, *, first: date, last: date, as_of: datetime, asked: Assumptions
) -> Report:
    """Decisions from `first` to `last`, on what the store knew at `as_of` of those days.

    Raises RuleError, DaysInverted, NoBars, and what the engine does.
    """
    rule = understand(text)
    market, begin = market_known(prices, rule, first=first, last=last, as_of=as_of)
    result = backtest(rule, market, asked, first=begin)
    return Report(
        rule=format_rule(rule.rule),
        fingerprint=fingerprint_of(market),
        market=market,
        assumptions=asked,
        result=result,
        metrics=metrics_of(result),
        benchmark=metrics_of(bought_and_held(rule, market, asked, first=begin)),
    )


def market_known(
    prices: Prices,
    rule: CheckedRule,
    *,
    first: date,
    last: date,
    as_of: datetime,
    earlier: int = 0,
) -> tuple[Market, int]:
    """The market with the days that the rule looks back to, and the column of `first`.

    `earlier`: so many days more than the rule needs.

    Raises DaysInverted and NoBars.
    """
    if last < first:
        raise DaysInverted(first, last)
    span = Span(first - timedelta(days=lookback_days(rule) + earlier), first, last)
    versions = prices.versions(first=span.first, last=last, as_of=min(as_of, end_of(last)))
    if versions.is_empty():
        raise NoBars(span, as_of)
    return market_of(versions, prices.sets(), span), (first - span.first).days


def bought_and_held(rule: CheckedRule, market: Market, asked: Assumptions, *, first: int) -> Result:
    """Equal parts for all that are ever in the universe, each bought once it is and never sold.

    At the same costs and fills; parts of copies, since an equal part rarely buys a whole one.
    """
    within = format_expression(rule.universe) if rule.universe is not None else "close > 0"
    held = understand(f"IF {within} THEN BUY 100% OF EQUITY")
    total = asked.capital * (1 if asked.book == "pooled" else market.instruments)

    def bought(parts: int) -> Result:
        terms = replace(asked, capital=total / parts, book="per_instrument", lot="fractional")
        return backtest(held, market, terms, first=first)

    wanted = len(np.unique(bought(market.instruments).orders.instrument))
    if wanted in (0, market.instruments):
        return bought(market.instruments)
    result = bought(wanted)
    # Books of what is never in the universe stay idle: their cash is none of the total.
    idle = result.capital - total
    return replace(result, capital=total, days=replace(result.days, cash=result.days.cash - idle))


def fingerprint_of(market: Market) -> str:
    """A hash of everything that the run could read."""
    digest = sha256(repr((market.first_day, market.cards, market.sets, market.grades)).encode())
    for name in ("open", "high", "low", "close", "volume", "happened", "quotes"):
        digest.update(np.ascontiguousarray(getattr(market, name)).tobytes())
    return digest.hexdigest()
