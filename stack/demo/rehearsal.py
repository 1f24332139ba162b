"""Compiles what the first night runs while the stack starts, so that no job waits for it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stack.program import Program, tethered, write
from stack.state import State

LOWEST = 19  # of nice(1): it takes what the parts that start leave idle
REHEARSALS = tuple(
    Program(
        name=f"rehearsal-{service}",
        argv=(sys.executable, "-P", "-m", service, "job", "rehearse"),
        niceness=LOWEST,
    )
    for service in ("ingestion", "signals_svc")
)


@contextmanager
def rehearsing(state: State) -> Iterator[None]:
    """They run beside whatever the block does, and no longer than that.

    Nothing waits for them: a job that comes earlier compiles for itself, and either result is kept.
    """
    state.create()
    processes = [_begin(one, state) for one in REHEARSALS]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _begin(rehearsal: Program, state: State) -> "subprocess.Popen[bytes]":
    written = write(rehearsal, state.programs / f"{rehearsal.name}.json")
    with state.log_of(rehearsal.name).open("ab") as output:
        return subprocess.Popen(
            tethered(written),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only the front process
        )
