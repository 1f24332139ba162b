"""Writes down the process group of each program and ends it after a crash.

A process may blank its environment and its command line, and outlive its parent, but it keeps its
group. The start time of the leader tells our group from a later one with the same number.
"""

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
POLL_S = 0.02


@dataclass(frozen=True)
class Group:
    program: str
    pid: int  # of the leader, which is also the number of the group
    started: str
    stop_signal: str

    def members(self) -> list[psutil.Process]:
        """Living members; none when the number has gone to somebody else since."""
        born = start_time(self.pid)
        if born is not None and born != self.started:
            return []
        if self.started.partition("/")[0] != boot():
            return []
        return [process for process in psutil.process_iter() if group_of(process) == self.pid]


def boot() -> str:
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else f"{psutil.boot_time():.0f}"


def start_time(pid: int) -> str | None:
    """Boot and ticks since then: unlike wall-clock time it stays when the clock is set."""
    try:
        if BOOT_ID.exists():
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return f"{boot()}/{after_name[19]}"  # field 22 of proc(5), the name is field 2
        return f"{boot()}/{psutil.Process(pid).create_time():.2f}"
    except (OSError, psutil.Error):
        return None


def group_of(process: psutil.Process) -> int | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:  # ended; nobody has asked for its status yet
            return None
        return os.getpgid(process.pid)
    except (OSError, psutil.Error):
        return None


def write(directory: Path, program: str, pid: int, stop_signal: signal.Signals) -> None:
    started = start_time(pid)
    if started is None:
        return
    directory.mkdir(exist_ok=True)
    fresh = directory / f"{program}.{pid}.new"
    fresh.write_text(json.dumps(asdict(Group(program, pid, started, stop_signal.name))))
    fresh.rename(directory / f"{program}.json")


def read(directory: Path) -> list[Group]:
    found = []
    for path in sorted(directory.glob("*.json")):
        try:
            found.append(Group(**json.loads(path.read_text())))
        except (OSError, ValueError, TypeError):  # half written when the machine went down
            path.unlink(missing_ok=True)
    return found


def end(processes: list[psutil.Process], *, within_s: float) -> None:
    """Kills and waits until they are gone."""
    send(signal.SIGKILL, processes)
    wait_until_gone(processes, within_s)


def send(number: signal.Signals, processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def wait_until_gone(processes: list[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Returns those that outlived the patience."""
    limit = time.monotonic() + patience_s
    alive = processes
    while alive and time.monotonic() < limit:
        time.sleep(POLL_S)
        alive = [process for process in alive if group_of(process) is not None]
    return alive
