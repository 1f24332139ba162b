"""`pricer backtest`: each command is a job of backtest_svc, which reads its own options."""

from collections.abc import Sequence

import click

from cli.beside import beside_the_store
from cli.packages import python_module

STORE = "BACKTEST_SVC_DATABASE_URL"
PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}
OPTIONS = click.argument("options", nargs=-1, type=click.UNPROCESSED)


@click.group()
def backtest() -> None:
    """Check, run and prove rules that say when to buy and sell."""


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


@backtest.command(context_settings=PASSED_ON)
@OPTIONS
def run(options: Sequence[str]) -> None:
    """Run the rule in a file on what the store knew; --from and --to say the days."""
    again = ["backtest", "run", *options]
    beside_the_store("run", options, again=again, package="backtest_svc", needed=STORE)


@backtest.command(context_settings=PASSED_ON)
@OPTIONS
def verify(options: Sequence[str]) -> None:
    """Prove that a run saw no future: do it again on stores that end and begin earlier."""
    again = ["backtest", "verify", *options]
    beside_the_store("verify", options, again=again, package="backtest_svc", needed=STORE)
