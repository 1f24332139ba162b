"""Asks a probe again and again until it is answered or the time is up."""

import time
from collections.abc import Callable

from stack.errors import StackError, Unhealthy

# Returns the version that answered, raises Unhealthy with the reason.
Probe = Callable[[], str]

POLL_S = 0.03


class NotHealthyInTime(StackError):
    def __init__(self, name: str, limit_s: float, reason: str) -> None:
        super().__init__(f"{name} was not healthy within {limit_s:.0f} s: {reason}")


def wait_until_healthy(name: str, probe: Probe, *, limit_s: float) -> str:
    limit = time.monotonic() + limit_s
    while True:
        try:
            return probe()
        except Unhealthy as unhealthy:
            if time.monotonic() > limit:
                raise NotHealthyInTime(name, limit_s, str(unhealthy)) from unhealthy
        time.sleep(POLL_S)
