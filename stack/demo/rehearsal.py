"""Compiles what the first night runs while the stack starts, so that no job waits for it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stack.program import Program, tethered, write
from stack.state import State

LOWEST = 19  # of nice(1): it takes what the parts that start leave idle
REHEARSAL = Program(
    name="rehearsal",
    argv=(sys.executable, "-P", "-m", "ingestion", "job", "rehearse"),
    niceness=LOWEST,
)


@contextmanager
def rehearsing(state: State) -> Iterator[None]:
    """It runs beside whatever the block does, and no longer than that.

    Nothing waits for it: a job that comes earlier compiles for itself, and either result is kept.
    """
    state.create()
    written = write(REHEARSAL, state.programs / f"{REHEARSAL.name}.json")
    with state.log_of(REHEARSAL.name).open("ab") as output:
        process = subprocess.Popen(
            tethered(written),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only the front process
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()
