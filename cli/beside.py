"""Runs a job of a service that reads the store itself: where it is told how, or by the stack."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NoReturn

import click

from cli.packages import become, python_module
from cli.status import NEEDED_BY_THE_STACK

STORE = "SIGNALS_SVC_DATABASE_URL"


def beside_the_store(
    job: str,
    options: Sequence[str],
    *,
    again: Sequence[str],
    package: str = "signals_svc",
    needed: str = STORE,
) -> NoReturn:
    """Become the job where `needed` is in the environment; else ask the local stack for it and
    become this command once more."""
    if os.environ.get(needed) or "--help" in options:
        python_module(package, "job", job, *options)
    if not all(find_spec(module) for module in NEEDED_BY_THE_STACK):
        raise click.ClickException(f"say how to reach the store in {needed}")
    scratch = ["--scratch"] if "_SCRATCH_" in needed else []
    become("stack", "run", *scratch, "--", "pricer", *again)
