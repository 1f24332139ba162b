"""`pricer backtest`: each command is a job of backtest_svc, which reads its own options."""

from collections.abc import Sequence

import click

from cli.packages import python_module

PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}
OPTIONS = click.argument("options", nargs=-1, type=click.UNPROCESSED)


@click.group()
def backtest() -> None:
    """Write, check and format rules that say when to buy and sell."""


@backtest.command(context_settings=PASSED_ON)
@OPTIONS
def check(options: Sequence[str]) -> None:
    """Say whether the rule in a file makes sense, and where it does not."""
    python_module("backtest_svc", "job", "check", *options)


@backtest.command("format", context_settings=PASSED_ON)
@OPTIONS
def format_(options: Sequence[str]) -> None:
    """Write the rule in a file the one usual way, or as a JSON tree."""
    python_module("backtest_svc", "job", "format", *options)


@backtest.command(context_settings=PASSED_ON)
@OPTIONS
def schema(options: Sequence[str]) -> None:
    """Print the JSON Schema of a rule's tree."""
    python_module("backtest_svc", "job", "schema", *options)
