"""Describes one program of the stack: what to run, as whom, and how to stop it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

# All that a program sees of the caller's environment.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(frozen=True)
class Program:
    """`environment` is all it sees besides INHERITED: no part reads another's secret."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str | None = None
    stop_signal: str = signal.SIGTERM.name
    # PostgreSQL ends its own children in order; everything else is told as a group.
    stop_as_group: bool = True
    stop_within_s: int = 10
    niceness: int = 0  # 19 is served when nobody else wants the processor

    def inheriting(self) -> Program:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return replace(self, environment={**inherited, **self.environment})


def write(program: Program, path: Path) -> Path:
    """Readable by us alone: it holds the program's secrets."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(program.inheriting())))
    return path


def read(path: Path) -> Program:
    stored = json.loads(path.read_text())
    return Program(**{**stored, "argv": tuple(stored["argv"])})


def tethered(written: Path, *, groups: Path | None = None) -> list[str]:
    """The command line that runs a written program, tied to the life of its parent.

    `groups` is where its process group is written down, for the sweep after a crash.
    """
    # -P: the working directory is not a place to import from.
    argv = [sys.executable, "-P", "-m", "stack.tether", str(written)]
    return argv if groups is None else [*argv, str(groups)]
