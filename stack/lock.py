"""Lets one front process at a time use a .stack directory. The kernel frees it when that ends."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from stack.errors import StackError
from stack.state import State, read_run

POLL_S = 0.1


class AlreadyRunning(StackError):
    def __init__(self, state: State) -> None:
        run = read_run(state)
        since = ""
        if run is not None:
            started = datetime.fromisoformat(run.started_at)
            since = f" (process {run.pid}, since {started:%Y-%m-%d %H:%M} UTC)"
        super().__init__(
            f"This checkout's stack is already running{since}."
            " Stop it with Ctrl-C in its window or with `make down`; `make status` shows it."
        )


@contextmanager
def held(state: State) -> Iterator[None]:
    """Raises AlreadyRunning at once when another process holds it."""
    with state.lock_file.open("a+") as file:
        if not try_lock(file):
            raise AlreadyRunning(state)
        yield


def try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(state: State) -> bool:
    if not state.lock_file.exists():
        return False
    with state.lock_file.open("a+") as file:
        return not try_lock(file)


def wait_until_free(state: State, *, limit_s: float) -> bool:
    limit = time.monotonic() + limit_s
    while is_held(state):
        if time.monotonic() > limit:
            return False
        time.sleep(POLL_S)
    return True
