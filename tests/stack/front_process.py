"""Drives `python -m stack up` as a person would, and looks at what it leaves running."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from stack import process_groups
from stack.state import State
from stack.sweep import leftovers

# Of the whole stack. PRICER_TEST_PATIENCE=5 stretches them on a machine that others use too.
HEALTHY_WITHIN_S = 15
FIRST_START_WITHIN_S = 45  # creates the cluster and Airflow's database
ENDED_WITHIN_S = 60
POLL_S = 0.05


def patience() -> float:
    """1, unless whoever runs the tests on a slow machine has said otherwise."""
    return float(os.environ.get("PRICER_TEST_PATIENCE", "1"))


@dataclass
class FrontProcess:
    """One state directory and the front process that may be running on it."""

    state: State
    output: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.output = self.state.root.parent / "front.log"

    def start(self, *, within_s: float = HEALTHY_WITHIN_S) -> str:
        """Returns what it said until everything was healthy."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stack", "up", "--state", str(self.state.root)],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        begun = time.monotonic()
        while "Serving" not in self.said():
            assert self.process.poll() is None, self.said()
            waited_s = (time.monotonic() - begun) / patience()
            assert waited_s < within_s, f"not healthy in {within_s} s:\n{self.said()}"
            time.sleep(POLL_S)
        return self.said()

    def said(self) -> str:
        return self.output.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(ENDED_WITHIN_S)

    def supervisor_pid(self) -> int:
        return self.pid_of("supervisord")

    def pid_of(self, program: str) -> int:
        record = json.loads((self.state.groups / f"{program}.json").read_text())
        return int(record["pid"])

    def running(self) -> set[psutil.Process]:
        """Every process of this stack: by recorded group, by mark, and by its path in sight."""
        return {process for process, _ in leftovers(self.state)} | set(self.in_sight())

    def in_sight(self) -> Iterator[psutil.Process]:
        paths = (str(self.state.root), str((self.state.root / "pg").resolve()))
        for process in psutil.process_iter():
            if process.pid == os.getpid() or process_groups.group_of(process) is None:
                continue
            try:
                seen = " ".join([*process.cmdline(), process.cwd()])
            except psutil.Error:
                continue
            if any(path in seen for path in paths):
                yield process


def left_of(processes: set[psutil.Process], *, within_s: float = ENDED_WITHIN_S) -> list[str]:
    """What is still running of them after the patience, in words."""
    alive = process_groups.wait_until_gone(list(processes), within_s)
    return [f"{process.pid} {process.name()}" for process in alive]
