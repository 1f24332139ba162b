"""Finds the packages that have commands, by entry point; imports one only to list its jobs."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

import click

GROUP = "pricer.commands"


class UnknownPackage(Exception):
    """No package of this name has commands."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no package {name!r}. Choose one of: {known_names()}.")


class BrokenPackage(Exception):
    """A package's commands cannot be imported."""

    def __init__(self, name: str, cause: ImportError) -> None:
        super().__init__(f"the commands of {name} cannot be imported: {cause}")


def found() -> dict[str, EntryPoint]:
    """The entry points by package name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def package_names() -> list[str]:
    """The packages that have commands, in order."""
    return sorted(found())


def known_names() -> str:
    """Those names for a message."""
    return ", ".join(package_names()) or "none is installed; run `make setup`"


def job_lines(name: str) -> Iterator[str]:
    """A line for each job of the package. Raises BrokenPackage."""
    try:
        commands = found()[name].load()()
    except ImportError as error:
        raise BrokenPackage(name, error) from error
    jobs = commands.commands.get("job")
    if isinstance(jobs, click.Group):
        for job in sorted(jobs.commands):
            help_line = jobs.commands[job].get_short_help_str(limit=90)
            yield f"{name:<12} {job:<18} {help_line}".rstrip()


def python_module(name: str, *arguments: str) -> NoReturn:
    """Become `python -m <package> ...`: signals and the exit code are its own.

    Raises UnknownPackage.
    """
    if name not in found():
        raise UnknownPackage(name)
    become(name, *arguments)


def become(module: str, *arguments: str) -> NoReturn:
    """Replace this process by `python -m <module> ...`."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606
