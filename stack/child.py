"""Runs one program as a child of this process, without the supervisor. Tests start servers so."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from stack import process_groups
from stack.program import Program, tethered, write
from stack.waiting import Probe, wait_until_healthy

HEALTHY_WITHIN_S = 30  # of a server that starts in half a second, on a machine under load


@contextmanager
def running(program: Program, probe: Probe, *, log: Path) -> Iterator[str]:
    """Yields the version that answered; the program is gone afterwards."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            tethered(write(program, log.with_suffix(".json"))),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield wait_until_healthy(program.name, probe, limit_s=HEALTHY_WITHIN_S)
    finally:
        stop(child, program)


def stop(child: subprocess.Popen[bytes], program: Program) -> None:
    child.send_signal(signal.Signals[program.stop_signal])
    try:
        child.wait(program.stop_within_s)
    except subprocess.TimeoutExpired:
        members = [p for p in psutil.process_iter() if process_groups.group_of(p) == child.pid]
        process_groups.end(members, within_s=1)
        child.wait()
