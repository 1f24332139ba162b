"""Describes one program of the stack: what to run, as whom, and how to stop it."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """`environment` is all it sees besides PATH and locale: no part reads another's secret."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = Path("/")
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # PostgreSQL ends its own children in order; everything else is told as a group.
    stop_as_group: bool = True
    stop_within_s: int = 10


def tethered(program: Program, *, groups: Path | None) -> list[str]:
    """The command line that ties the program's life to its parent's.

    `groups` is where its process group is written down, for the sweep after a crash.
    """
    # -P: the working directory is not a place to import from.
    argv = [sys.executable, "-P", "-m", "stack.tether", "--signal", program.stop_signal.name]
    if groups is not None:
        argv += ["--groups", str(groups), "--program", program.name]
    if program.user is not None:
        argv += ["--user", program.user]
    return [*argv, "--", *program.argv]
