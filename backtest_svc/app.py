"""Composition root: the job table."""

import click

from backtest_svc.jobs.table import jobs
from kernel.cli import service_cli


def command_line() -> click.Group:
    """`python -m backtest_svc job <name>`."""
    return service_cli("backtest_svc", jobs())
