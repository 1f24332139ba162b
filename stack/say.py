"""Prints a live line for each stage with the seconds it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click


def say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Says what begins, then how long it took, also when it failed."""
    begun = time.monotonic()
    click.echo(f"  {name} ... ", nl=False)
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        click.echo(f"failed after {time.monotonic() - begun:.1f} s")
        raise
    click.echo(f"{time.monotonic() - begun:.1f} s")
