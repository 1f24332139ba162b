"""Starts parts together and waits until each is healthy, saying so one by one."""

import time
from collections.abc import Iterable

from stack.catalogue import Part
from stack.errors import StackError, Unhealthy
from stack.say import say
from stack.site import Site
from stack.state import State
from stack.supervisor import Supervisor
from stack.waiting import NotHealthyInTime, Probe

# The first start after an install compiles Airflow's modules, on a machine that others use too.
HEALTHY_WITHIN_S = 120
REMIND_EVERY_S = 10
POLL_S = 0.05
TAIL_CHARACTERS = 1500


class PartFailed(StackError):
    def __init__(self, part: str, state: State) -> None:
        log = state.log_of(part)
        tail = log.read_text(errors="replace")[-TAIL_CHARACTERS:] if log.exists() else ""
        super().__init__(f"{part} does not start. The end of {log}:\n{tail.strip()}")


def start(supervisor: Supervisor, parts: Iterable[Part]) -> None:
    for part in parts:
        supervisor.start(part.name)


def wait_until_healthy(supervisor: Supervisor, site: Site, parts: Iterable[Part]) -> None:
    begun = time.monotonic()
    waiting = {part.name: (part, part.probe(site)) for part in parts}
    reminder = begun + REMIND_EVERY_S
    while waiting:
        reasons = {}
        for name, (part, probe) in list(waiting.items()):
            try:
                version = ask(supervisor, site, part, probe)
            except Unhealthy as unhealthy:
                reasons[name] = str(unhealthy)
            else:
                del waiting[name]
                say(line(site, part, version, time.monotonic() - begun))
        now = time.monotonic()
        if waiting and now > reminder:
            reminder = now + REMIND_EVERY_S
            say(f"  still waiting for {', '.join(waiting)} ({now - begun:.0f} s)")
        if waiting and now - begun > HEALTHY_WITHIN_S:
            name, reason = next(iter(reasons.items()))
            raise NotHealthyInTime(name, HEALTHY_WITHIN_S, reason)
        time.sleep(POLL_S if waiting else 0)


def ask(supervisor: Supervisor, site: Site, part: Part, probe: Probe) -> str:
    """Our secret answered and supervisor holds the process: it is this start's program."""
    supervisor.check_alive()
    state = supervisor.state_of(part.name)
    if state.name in {"FATAL", "EXITED", "STOPPED"}:
        raise PartFailed(part.name, site.state)
    if state.name not in {"STARTING", "RUNNING"}:
        raise Unhealthy(f"supervisor says {state.name}: {state.said}")
    return probe()


def line(site: Site, part: Part, version: str, seconds: float) -> str:
    where = f" on {site.ports[part.port]}" if part.port is not None else ""
    return f"  {part.name} {version}{where} ... healthy {seconds:.1f} s"
