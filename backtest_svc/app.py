"""Composition root: settings -> adapters -> use cases -> the job table."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from backtest_engine.assumptions import Assumptions
from backtest_svc.adapters.market import MarketPrices
from backtest_svc.jobs.running import Workshop
from backtest_svc.jobs.table import jobs
from backtest_svc.ports import Prices
from backtest_svc.settings import BacktestSettings
from kernel.cli import service_cli
from kernel.db.session import job_transaction

ONE_DOLLAR = 1.0  # a run says its own capital


def workshop(settings: BacktestSettings) -> Workshop:
    """The jobs' ports on the real store."""
    fees = settings.backtests.default_fees

    @contextmanager
    def prices() -> Iterator[Prices]:
        with job_transaction(settings.database_url) as connection:
            yield MarketPrices(connection)

    return Workshop(
        prices=prices,
        assumptions=Assumptions(
            ONE_DOLLAR,
            buy_fee=fees.buy_pct,
            sell_fee=fees.sell_pct,
            slippage=fees.slippage_pct,
        ),
    )


def command_line() -> click.Group:
    """`python -m backtest_svc job <name>`; settings are read when a job needs them."""
    return service_cli("backtest_svc", jobs(lambda: workshop(BacktestSettings())))
