"""Ends what a killed run left behind: recorded process groups and whatever carries our mark."""

import signal
from collections.abc import Iterator

import psutil

from stack import process_groups
from stack.state import State

# In the environment of every program and of the jobs it starts, which have groups of their own.
MARK = "PRICER_STACK_INSTANCE"

# After a crash everything must be able to continue from what is on disk, so patience is short.
PATIENCE_S = 1.0


def sweep(state: State) -> int:
    """Returns how many processes had to be ended."""
    left = list(leftovers(state))
    for process, number in left:
        process_groups.send(number, [process])
    alive = process_groups.wait_until_gone([process for process, _ in left], PATIENCE_S)
    process_groups.end(alive, within_s=5.0)
    for record in state.groups.glob("*.json"):
        record.unlink()
    return len(left)


def leftovers(state: State) -> Iterator[tuple[psutil.Process, signal.Signals]]:
    """Each process once, with the signal it should get first."""
    ours = {psutil.Process(), *psutil.Process().parents()}
    seen: set[psutil.Process] = set(ours)
    for group in process_groups.read(state.groups):
        for member in group.members():
            if member not in seen:
                seen.add(member)
                yield member, signal.Signals[group.stop_signal]
    for process in marked(state.instance_id):
        if process not in seen:
            seen.add(process)
            yield process, signal.SIGTERM


def marked(instance_id: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == instance_id:
                yield process
        except (psutil.Error, OSError):
            continue  # ended, or somebody else's
