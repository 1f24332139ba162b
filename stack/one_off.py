"""Runs a program that ends by itself, such as a migration, and stops it at its deadline."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from stack.errors import StackError


class NotDoneInTime(StackError):
    def __init__(self, name: str, within_s: float) -> None:
        super().__init__(
            f"{name} was not done within {within_s:g} s and was stopped."
            " If the machine is only busy, start again; what was done is kept."
        )


def finished(
    name: str,
    argv: Sequence[str | Path],
    *,
    within_s: float,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[str]:
    """What it said is in the answer, or in `output` where one is given. Raises NotDoneInTime."""
    told = output if output is not None else subprocess.PIPE
    try:
        return subprocess.run(
            argv,
            cwd="/",  # a private directory of ours is none that another account may enter
            env=environment,
            stdout=told,
            stderr=told,
            text=True,
            check=False,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired as error:
        raise NotDoneInTime(name, within_s) from error
