"""Keeps a running stack company: says what was restarted and gives a new AWS its topics again."""

import time
import xmlrpc.client

from stack.bootstrap import platform
from stack.front import Stack
from stack.say import say
from stack.waiting import wait_until_healthy

POLL_S = 0.5
BACK_WITHIN_S = 30


def watch(stack: Stack) -> None:
    """Returns never: a signal or the end of supervisord raises."""
    pids = process_ids(stack)
    while True:
        time.sleep(POLL_S)
        stack.supervisor.check_alive()
        now = process_ids(stack)
        for name, pid in now.items():
            if pid and pid != pids[name]:
                say(f"  {name} had ended and was restarted (see {stack.site.state.log_of(name)})")
                after_restart(stack, name)
        pids = {name: pid or pids[name] for name, pid in now.items()}


def process_ids(stack: Stack) -> dict[str, int]:
    """0 while a program is not running."""
    try:
        return {part.name: stack.supervisor.state_of(part.name).pid for part in stack.parts}
    except (OSError, xmlrpc.client.Error):
        stack.supervisor.check_alive()
        raise


def after_restart(stack: Stack, name: str) -> None:
    if name != "aws":
        return
    part = next(part for part in stack.parts if part.name == name)
    wait_until_healthy(name, part.probe(stack.site), limit_s=BACK_WITHIN_S)
    platform.create_bus(stack.site)
