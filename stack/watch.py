"""Keeps a running stack company: says what was restarted and gives a new AWS its topics again."""

import time

from botocore.exceptions import BotoCoreError, ClientError

from stack.bootstrap import platform
from stack.front import Stack
from stack.say import say
from stack.supervisor import SupervisorSilent
from stack.waiting import NotHealthyInTime, wait_until_healthy

POLL_S = 0.5
BACK_WITHIN_S = 30
SILENT_FOR_S = 60  # a machine that swaps or was suspended gets this much patience


def watch(stack: Stack) -> None:
    """Returns never: a signal, or supervisord's end or long silence, raises."""
    pids = process_ids(stack)
    heard = time.monotonic()
    while True:
        time.sleep(POLL_S)
        stack.supervisor.check_alive()
        try:
            now = process_ids(stack)
        except SupervisorSilent:
            if time.monotonic() - heard > SILENT_FOR_S:
                raise
            continue
        heard = time.monotonic()
        for name, pid in now.items():
            if pid and pid != pids[name]:
                say(f"  {name} had ended and was restarted (see {stack.site.state.log_of(name)})")
                after_restart(stack, name)
        pids = {name: pid or pids[name] for name, pid in now.items()}


def process_ids(stack: Stack) -> dict[str, int]:
    """0 while a program is not running. Raises SupervisorDied or SupervisorSilent."""
    return {part.name: stack.supervisor.state_of(part.name).pid for part in stack.parts}


def after_restart(stack: Stack, name: str) -> None:
    if name != "aws":
        return
    part = next(part for part in stack.parts if part.name == name)
    try:
        wait_until_healthy(name, part.probe(stack.site), limit_s=BACK_WITHIN_S)
        platform.create_bus(stack.site)
        platform.store_source_credentials(stack.site)
    except (NotHealthyInTime, BotoCoreError, ClientError) as error:
        # If it ended once more, its next restart comes here again.
        say(f"  {name} did not get its topics again ({error}); flips wait in the outbox")
